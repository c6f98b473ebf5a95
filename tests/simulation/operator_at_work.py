"""The operator of a venue that never says "this order will not come any more": looks at its screen, and settles."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final

from tests.simulation.world import DeskDied, World

from tradecore.errors import TradeError
from tradecore.usecases.operating import settle

_LOOKS_EVERY_S: Final = 5.0
_PATIENCE: Final = timedelta(seconds=60)


async def work_as_operator(world: World) -> None:
    """Settle each order that has been unknown for a minute and is neither at the venue nor on its way there."""
    while True:
        await asyncio.sleep(_LOOKS_EVERY_S)
        floor = await world.living_floor()
        for order_id in [order.client_order_id for order in floor.desk.orders.values() if order.is_unknown]:
            if world.time.now() - world.overheard.since(order_id) > _PATIENCE and not world.is_there(order_id):
                try:
                    await world.call(partial(settle, principal="local:operator", client_order_id=order_id))
                except (DeskDied, TradeError):
                    continue
