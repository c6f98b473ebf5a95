"""What every keeper of watchlists promises; subclass WatchlistsContract in a test module and open yours."""

from abc import abstractmethod
from collections.abc import Awaitable
from typing import Any

import pytest

from tradecore.errors import Rejected
from tradecore.ports.watchlists import Watchlists


class WatchlistsContract:
    """Promises of the Watchlists port."""

    @abstractmethod
    def open_watchlists(self) -> Watchlists:
        """Lists on the same account each time it is called in one test, none at its first call; it lists SPY, AAPL."""

    @abstractmethod
    def run(self, work: Awaitable[Any]) -> Any:
        """Run a coroutine on the loop they live on."""

    def test_what_is_created_is_there_with_its_symbols_by_name(self) -> None:
        """Also for who opens them anew."""
        assert list(self.run(self.open_watchlists().watchlists())) == []
        second = self.run(self.open_watchlists().create("zero dte", ["SPY", "AAPL"]))
        first = self.run(self.open_watchlists().create("earnings", []))
        assert second.symbols == ("SPY", "AAPL")
        assert list(self.run(self.open_watchlists().watchlists())) == [first, second]
        assert first.watchlist_id != second.watchlist_id

    def test_a_name_is_taken_once(self) -> None:
        """Nothing changes."""
        lists = self.open_watchlists()
        made = self.run(lists.create("mine", ["SPY"]))
        with pytest.raises(Rejected):
            self.run(lists.create("mine", ["AAPL"]))
        assert list(self.run(lists.watchlists())) == [made]

    def test_name_and_symbols_change_together_or_each_alone(self) -> None:
        """What is not given stays."""
        lists = self.open_watchlists()
        made = self.run(lists.create("mine", ["SPY"]))
        renamed = self.run(lists.update(made.watchlist_id, "yours", None))
        assert (renamed.watchlist_id, renamed.name, renamed.symbols) == (made.watchlist_id, "yours", ("SPY",))
        emptied = self.run(lists.update(made.watchlist_id, None, []))
        assert (emptied.name, emptied.symbols) == ("yours", ())
        filled = self.run(lists.update(made.watchlist_id, "ours", ["AAPL"]))
        assert list(self.run(self.open_watchlists().watchlists())) == [filled]

    def test_what_is_not_there_can_t_be_changed(self) -> None:
        """Nor is it made."""
        lists = self.open_watchlists()
        with pytest.raises(Rejected):
            self.run(lists.update("00000000-0000-0000-0000-000000000000", "mine", ["SPY"]))
        assert list(self.run(lists.watchlists())) == []
