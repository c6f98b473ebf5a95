"""A person says that they have seen what is wrong."""

from collections.abc import Sequence

from tradecore.errors import InvalidRequest
from tradecore.usecases.alert_book import ACKNOWLEDGED, RaisedAlert
from tradecore.usecases.floor import TradingFloor


def acknowledge(floor: TradingFloor, principal: str, alert_ids: Sequence[str] | None) -> tuple[RaisedAlert, ...]:
    """
    Acknowledge these alerts, or every open one; what was open and is not any more, oldest first.

    It is recorded before it counts, and told to whoever follows the desk. It releases nothing: a latch that an alert
    told of holds as before.

    Raises:
        InvalidRequest: One of them is not open.
        DeskHalted: It can't be recorded.
    """
    known = {raised.alert_id: raised for raised in floor.alert_book.unacknowledged}
    wanted = list(known) if alert_ids is None else list(dict.fromkeys(alert_ids))
    unknown = [one for one in wanted if one not in known]
    if unknown:
        raise InvalidRequest(
            f"not open: {', '.join(one[:40] for one in unknown)}; open are {', '.join(known) or 'none'}"
        )
    if not wanted:
        return ()
    floor.note(ACKNOWLEDGED, principal=principal, alerts=wanted)
    closed = floor.alert_book.acknowledge(wanted)
    for raised in closed:
        text = f"{raised.alert.code} of {raised.at:%Y-%m-%d %H:%M:%S} UTC acknowledged by {principal}"
        floor.updates.add(floor.clock.now(), "acknowledged", raised.alert_id, text)
    floor.changed.ring()
    return closed
