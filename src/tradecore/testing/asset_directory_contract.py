"""What every AssetDirectory promises; subclass AssetDirectoryContract in a test module and open your directory."""

from abc import abstractmethod
from collections.abc import Awaitable
from typing import Any

from tradecore.ports.asset_directory import AssetDirectory


class AssetDirectoryContract:
    """Promises of the AssetDirectory port."""

    @abstractmethod
    def open_directory(self) -> AssetDirectory:
        """A directory that lists SPY, which trades and has options."""

    @abstractmethod
    def run(self, work: Awaitable[Any]) -> Any:
        """Run a coroutine on the loop the directory lives on."""

    def test_a_listed_ticker_is_told(self) -> None:
        """As it is listed."""
        found = self.run(self.open_directory().asset("SPY"))
        assert found is not None
        assert (found.symbol, found.asset_class, found.tradable, found.has_options) == ("SPY", "us_equity", True, True)
        assert found.name

    def test_what_is_not_listed_is_none(self) -> None:
        """Also what is no ticker at all."""
        directory = self.open_directory()
        assert self.run(directory.asset("ZZZZZ")) is None
        assert self.run(directory.asset("../account")) is None

    def test_all_assets_are_each_once_by_ticker(self) -> None:
        """And each can be asked for alone."""
        directory = self.open_directory()
        found = self.run(directory.assets())
        symbols = [asset.symbol for asset in found]
        assert symbols == sorted(set(symbols))
        assert "SPY" in symbols
        assert self.run(directory.asset(symbols[-1])) == found[-1]
