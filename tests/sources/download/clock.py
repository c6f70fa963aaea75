"""Time that passes only when somebody sleeps."""

from datetime import UTC, datetime, timedelta

from quanthedge.sources.download.pace import Clock

TODAY = datetime(2015, 8, 3, 12, 0, tzinfo=UTC)  # 20:00 in China


class FakeClock:
    def __init__(self, now: datetime = TODAY) -> None:
        self.begun = now
        self.passed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.begun + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds

    def later(self, **time: float) -> None:
        self.passed += timedelta(**time).total_seconds()

    def clock(self) -> Clock:
        return Clock(self.now, self.monotonic, self.sleep)
