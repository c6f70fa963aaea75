"""When requests are made: a rate that is never exceeded, and pauses that grow after a failure."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, TypeVar

from quanthedge.errors import DataError
from quanthedge.sources.download.packages import required
from quanthedge.sources.download.problems import TryAgain

__all__ = ["CHINA", "Caller", "Clock", "seconds_asked"]

_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
CHINA = timezone(timedelta(hours=8))
_LONGEST_PAUSE = 60.0  # seconds, unless the vendor asks for more
_LONGEST_ASKED = 600.0


@dataclass(frozen=True)
class Clock:
    """Time as the download sees it; tests pass another one."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def today(self) -> date:
        """Return the day in China."""
        return self.now().astimezone(CHINA).date()


@dataclass
class Caller:
    """Makes requests one after another, at most `per_minute` of them, and repeats failed ones.

    Requests are spread evenly, so that no minute of any position holds more than `per_minute` of
    them; attempts after a failure count as requests.

    Attributes
    ----------
    per_minute
        The vendor's rate; an interface whose own rate is lower is slowed down by itself once the
        vendor's answer names that rate.
    attempts
        How often a request is made before it counts as failed.
    extra
        The optional extra of the vendor, for messages about missing packages.
    made, retried
        Requests made, and those of them that repeated a failed one.
    slower
        Interfaces that the vendor asked to be called less often, with their requests a minute.
    """

    per_minute: float
    attempts: int = 6
    extra: str = "tushare"
    clock: Clock = field(default_factory=Clock)
    made: int = 0
    retried: int = 0
    slower: dict[str, int] = field(default_factory=dict)
    _free_at: float = field(default=float("-inf"), repr=False)
    _call_free_at: dict[str, float] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.per_minute <= 6_000:
            raise DataError(
                f"{self.per_minute:g} requests per minute; accepted: above 0, at most 6000"
            )
        if not 1 <= self.attempts <= 20:
            raise DataError(f"{self.attempts} attempts per request; accepted: 1 to 20")

    def __call__(self, call: str, request: Callable[[], Answer]) -> Answer:
        """Make a request of the interface `call`; TryAgain when every attempt failed."""
        tenacity = required("tenacity", self.extra)
        growing = tenacity.wait_exponential_jitter(initial=1, max=_LONGEST_PAUSE, jitter=1)

        def pause(state: Any) -> float:
            problem = state.outcome.exception()
            asked = min(float(problem.seconds), _LONGEST_ASKED)
            return max(float(growing(state)), asked)

        def note(state: Any) -> None:
            self.retried += 1
            _log.info(
                "%s %s: attempt %s of %s failed (%s); again in %.0f s",
                self.extra, call, state.attempt_number, self.attempts, state.outcome.exception(),
                state.next_action.sleep,
            )  # fmt: skip

        def once() -> Answer:
            self._wait_for_turn(call)
            self.made += 1
            begun = self.clock.monotonic()
            try:
                answer = request()
            except TryAgain as problem:
                if problem.per_minute is not None:
                    known = self.slower.get(call, problem.per_minute)
                    self.slower[call] = max(1, min(known, problem.per_minute))
                raise
            _log.debug(
                "%s %s: answered in %.2f s", self.extra, call, self.clock.monotonic() - begun
            )
            return answer

        retrying = tenacity.Retrying(
            sleep=self.clock.sleep,
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=pause,
            retry=tenacity.retry_if_exception_type(TryAgain),
            before_sleep=note,
            reraise=True,
        )
        answer: Answer = retrying(once)
        return answer

    def _wait_for_turn(self, call: str) -> None:
        free_at = max(self._free_at, self._call_free_at.get(call, self._free_at))
        now = self.clock.monotonic()
        while now < free_at:
            self.clock.sleep(free_at - now)
            now = self.clock.monotonic()
        self._free_at = now + 60.0 / self.per_minute
        if call in self.slower:
            self._call_free_at[call] = now + 60.0 / self.slower[call]


def seconds_asked(text: str | None) -> float:
    """Return the pause that a `Retry-After` header asks for; 0 for none or a date."""
    return float(text) if text and re.fullmatch(r"[0-9]{1,6}", text.strip()) else 0.0
