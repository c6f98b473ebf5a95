"""What every IvHistory promises; subclass IvHistoryContract in a test module and open your history."""

import asyncio
from abc import abstractmethod
from datetime import date

from tradecore.ports.iv_history import DailyIv, IvHistory

_MONDAY, _TUESDAY, _FRIDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 20)


class IvHistoryContract:
    """Promises of the IvHistory port."""

    @abstractmethod
    def open_history(self) -> IvHistory:
        """A history on the same data each time it is called in one test, empty at its first call."""

    def test_days_come_back_oldest_first_without_the_day_itself(self) -> None:
        """In whatever order they were added."""

        async def story() -> None:
            history = self.open_history()
            assert list(await history.days("SPY", _FRIDAY, 10)) == []
            for day, iv in ((_TUESDAY, 0.15), (_MONDAY, 0.14), (_FRIDAY, 0.16)):
                assert await history.add("SPY", day, iv)
            assert list(await history.days("SPY", _FRIDAY, 10)) == [DailyIv(_MONDAY, 0.14), DailyIv(_TUESDAY, 0.15)]

        asyncio.run(story())

    def test_the_first_of_a_day_stands(self) -> None:
        """Also for who opens the history anew."""

        async def story() -> None:
            assert await self.open_history().add("SPY", _MONDAY, 0.14)
            assert not await self.open_history().add("SPY", _MONDAY, 0.99)
            assert list(await self.open_history().days("SPY", _FRIDAY, 10)) == [DailyIv(_MONDAY, 0.14)]

        asyncio.run(story())

    def test_only_the_last_days_of_the_asked_underlying_come(self) -> None:
        """As many as were asked for."""

        async def story() -> None:
            history = self.open_history()
            await history.add("QQQ", _MONDAY, 0.30)
            await history.add("SPY", _MONDAY, 0.14)
            await history.add("SPY", _TUESDAY, 0.15)
            assert list(await history.days("SPY", _FRIDAY, 1)) == [DailyIv(_TUESDAY, 0.15)]
            assert list(await history.days("SPY", _FRIDAY, 0)) == []
            assert [one.iv for one in await history.days("QQQ", _FRIDAY, 9)] == [0.30]

        asyncio.run(story())

    def test_a_volatility_keeps_every_digit(self) -> None:
        """What is read is what was written."""

        async def story() -> None:
            await self.open_history().add("SPY", _MONDAY, 0.1 + 0.2)
            assert [one.iv for one in await self.open_history().days("SPY", _FRIDAY, 1)] == [0.1 + 0.2]

        asyncio.run(story())
