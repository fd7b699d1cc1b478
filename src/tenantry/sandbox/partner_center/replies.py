"""Answers to POST requests: a repeated MS-RequestId gets the first one again (reference 3.1, read 2026-11)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from tenantry.sandbox.answer import Answer
from tenantry.sandbox.wire import JsonDict

_KEPT = 2_000


@dataclass(slots=True)
class Replies:
    """The last answers by request id and path; refusals are not among them, because they changed nothing.

    That a request id counts for its own path only is inferred.
    """

    _answers: OrderedDict[str, Answer] = field(default_factory=OrderedDict)

    def find(self, request_id: str, path: str) -> Answer | None:
        """Give a copy of the answer that a request got before, None where it is new."""
        kept = self._answers.get(_key(request_id, path))
        return None if kept is None else _copy(kept)

    def keep(self, request_id: str, path: str, answer: Answer) -> None:
        """Keep an answer as it is now, and forget the oldest where there are too many."""
        self._answers[_key(request_id, path)] = _copy(answer)
        if len(self._answers) > _KEPT:
            self._answers.popitem(last=False)

    def dump(self) -> list[JsonDict]:
        """Describe every answer for the state file."""
        return [
            {
                "request": key,
                "status": answer.status,
                "body": answer.body.decode(),
                "content_type": answer.content_type,
                "headers": answer.headers,
            }
            for key, answer in self._answers.items()
        ]

    @classmethod
    def load(cls, state: list[JsonDict]) -> Replies:
        """Take the answers out of a state file."""
        replies = cls()
        for kept in state:
            headers = [(str(name), str(value)) for name, value in kept["headers"]]
            answer = Answer(int(kept["status"]), str(kept["body"]).encode(), str(kept["content_type"]), headers)
            replies._answers[str(kept["request"])] = answer
        return replies


def _key(request_id: str, path: str) -> str:
    return f"{request_id} {path}".lower()


def _copy(answer: Answer) -> Answer:
    return Answer(answer.status, answer.body, answer.content_type, list(answer.headers))
