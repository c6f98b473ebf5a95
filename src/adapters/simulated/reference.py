"""What can be looked up in the built-in market: its one underlying, and no corporate action."""

from collections.abc import Sequence
from datetime import date

from tradecore.model.instruments import Equity
from tradecore.model.reference import Announcement, Asset
from tradecore.ports.asset_directory import AssetDirectory
from tradecore.ports.corporate_actions import CorporateActions


class SimulatedReference(AssetDirectory, CorporateActions):
    """Lists one underlying."""

    def __init__(self, underlying: Equity) -> None:
        """`underlying` is what the market trades."""
        self._asset = Asset(
            symbol=underlying.symbol,
            name=f"{underlying.symbol} of the simulated market",
            exchange="SIM",
            asset_class="us_equity",
            tradable=True,
            shortable=True,
            fractionable=False,
            has_options=True,
        )

    async def asset(self, symbol: str) -> Asset | None:
        """The underlying."""
        return self._asset if symbol == self._asset.symbol else None

    async def assets(self) -> Sequence[Asset]:
        """The underlying."""
        return [self._asset]

    async def announcements(self, symbol: str | None, since: date, until: date) -> Sequence[Announcement]:  # noqa: ARG002 - the port's names
        """There are none in this world."""
        return []
