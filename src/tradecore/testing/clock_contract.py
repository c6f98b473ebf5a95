"""What every Clock promises; subclass ClockContract in a test module and name your clock."""

from abc import abstractmethod
from datetime import timedelta

from tradecore.ports.clock import Clock


class ClockContract:
    """Promises of the Clock port."""

    @abstractmethod
    def clock(self) -> Clock:
        """A clock to be tested."""

    def test_the_present_is_aware_utc(self) -> None:
        """Naive times are never handed out."""
        assert self.clock().now().utcoffset() == timedelta(0)

    def test_the_present_never_lies_before_an_earlier_answer(self) -> None:
        """Time may stand still, it does not run backwards."""
        clock = self.clock()
        seen = [clock.now() for _ in range(100)]
        assert seen == sorted(seen)

    def test_the_machine_s_seconds_never_run_backwards(self) -> None:
        """They measure how long something took."""
        clock = self.clock()
        seen = [clock.machine_seconds() for _ in range(100)]
        assert seen == sorted(seen)
