"""Limits of calls per minute, by partner and by partner and customer (reference 3.6, read 2026-11)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


@dataclass(slots=True)
class Limits:
    """Token buckets on real time: a full minute's calls at once, then as many as flow in."""

    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def wait_for(self, limits: dict[str, int]) -> int:
        """Take one call out of every named bucket, or none; gives the whole seconds to wait, 0 when it may pass.

        `limits` maps a bucket's name to its calls per minute; 0 or less means no limit.
        """
        now = time.monotonic()
        buckets = [
            (self._filled(name, per_minute, now), per_minute) for name, per_minute in limits.items() if per_minute > 0
        ]
        waits = [(1.0 - bucket.tokens) * 60.0 / per_minute for bucket, per_minute in buckets if bucket.tokens < 1.0]
        if waits:
            return max(1, math.ceil(max(waits)))
        for bucket, _ in buckets:
            bucket.tokens -= 1.0
        return 0

    def _filled(self, name: str, per_minute: int, now: float) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket(float(per_minute), now)
        bucket.tokens = min(float(per_minute), bucket.tokens + (now - bucket.filled_at) * per_minute / 60.0)
        bucket.filled_at = now
        return bucket
