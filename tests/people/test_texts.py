"""Every key has its sentence."""

import re
from pathlib import Path

import pytest

from tenantry import people
from tenantry.kernel.refusals import Refusal
from tenantry.people import texts
from tenantry.people.models import EndUserRole, StaffRole
from tenantry.people.outcomes import SignInReason

SOURCES = "\n".join(path.read_text() for path in Path(people.__path__[0]).rglob("actions/*.py"))
REASONS = sorted({*re.findall(r'reason="(\w+)"', SOURCES), "domain_unknown", "domain_consumer"})
NEXT_STEPS = sorted(set(re.findall(r'next_step="(\w+)"', SOURCES)))
FACTS = dict.fromkeys(("tenant", "connection", "domain", "address", "person", "context"), "…")


@pytest.mark.parametrize("reason", REASONS)
def test_every_refusal_has_a_sentence(reason: str) -> None:
    sentence, _next = texts.refusal_text(Refusal(reason, "people.rule", "look_again", FACTS))
    assert sentence.endswith(".")


@pytest.mark.parametrize("next_step", NEXT_STEPS)
def test_every_refusal_has_a_next_step(next_step: str) -> None:
    _sentence, step = texts.refusal_text(Refusal("gone", "people.rule", next_step))
    assert step.endswith(".")


def test_every_reason_and_role_has_words() -> None:
    assert all(texts.sign_in_reason_text(reason) for reason in SignInReason)
    assert all(all(texts.end_user_role_text(role)) for role in EndUserRole)
    assert all(all(texts.staff_role_text(role)) for role in StaffRole)
