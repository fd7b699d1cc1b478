"""The two clocks of an order: real time for leases and waiting, the clock of commerce for what Microsoft dates."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from tenantry.kernel import clock


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks (aware UTC); they differ in rehearsal only."""

    real: datetime
    commerce: datetime

    @classmethod
    def current(cls) -> Self:
        """Read both clocks."""
        return cls(real=clock.now(), commerce=clock.commerce_now())

    def on_commerce(self, real: datetime) -> datetime:
        """Return the instant on the clock of commerce that is as long ago as a real one."""
        return self.commerce - (self.real - real)

    def in_seconds(self, seconds: float) -> datetime:
        """Return the real instant that many seconds from now."""
        return self.real + timedelta(seconds=seconds)
