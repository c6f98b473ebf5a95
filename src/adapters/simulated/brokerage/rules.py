"""Which orders each class and type allows, before any account is looked at."""

from decimal import Decimal
from math import gcd
from typing import Final

from adapters.simulated.brokerage.refusals import invalid, unprocessable
from adapters.simulated.brokerage.tickets import LegTicket, Ticket
from tradecore.model.instruments import CryptoPair, Equity, Instrument, OptionContract

_CENT: Final = Decimal("0.01")
_EXITS: Final = ("bracket", "oco", "oto")
_NO_SUB_PENNY: Final = "sub-penny increment does not fulfill minimum pricing criteria"


def check_ticket(ticket: Ticket, instrument: Instrument) -> None:
    """
    Hold a ticket for one instrument against the rules of its class.

    Raises:
        Refusal: It breaks one.
    """
    if ticket.side is None:
        raise invalid("side is required")
    if (ticket.qty is None) == (ticket.notional is None):
        raise invalid("one of qty or notional is required" if ticket.qty is None else "only one of qty or notional")
    _check_terms(ticket)
    if isinstance(instrument, OptionContract):
        _check_option(ticket, instrument)
    elif isinstance(instrument, CryptoPair):
        _check_pair(ticket)
    else:
        _check_equity(ticket, instrument)


def check_multileg(ticket: Ticket) -> None:
    """
    Hold a multi-leg ticket against the rules of its class.

    Raises:
        Refusal: It breaks one.
    """
    legs = ticket.legs
    if not 2 <= len(legs) <= 4:
        raise unprocessable("mleg orders require between 2 and 4 legs")
    if len({leg.symbol for leg in legs}) != len(legs):
        raise unprocessable("mleg orders must have unique symbols in legs")
    if gcd(*(leg.ratio for leg in legs)) != 1:
        raise unprocessable("mleg leg ratio_qty values must have a greatest common divisor of 1")
    if ticket.type not in ("market", "limit"):
        raise unprocessable("mleg orders must be market or limit orders")
    _check_net(ticket)
    for leg in legs:
        _check_leg(leg)


def check_increment(instrument: Instrument, name: str, price: Decimal | None) -> None:
    """
    Hold a price against the instrument's grid.

    Raises:
        Refusal: It lies between two steps.
    """
    if price is not None and price % instrument.tick(price):
        if isinstance(instrument, OptionContract):
            raise unprocessable(f"invalid {name} {price}. must be in increments of {instrument.tick(price)}")
        raise unprocessable(f"invalid {name} {price}. {_NO_SUB_PENNY}")


def _check_net(ticket: Ticket) -> None:
    if ticket.time_in_force != "day":
        raise unprocessable("mleg orders must be day orders")
    if ticket.qty is None or ticket.qty != int(ticket.qty):
        raise unprocessable("mleg orders require a whole qty")
    if ticket.extended_hours:
        raise unprocessable("extended hours not supported for options trading")
    if ticket.type == "limit" and ticket.limit is None:
        raise invalid("limit orders require limit_price")
    if ticket.type == "market" and ticket.limit is not None:
        raise invalid("market orders must not have limit_price")
    if ticket.limit is not None and ticket.limit % _CENT:
        raise unprocessable(f"invalid limit_price {ticket.limit}. {_NO_SUB_PENNY}")


def _check_leg(leg: LegTicket) -> None:
    if leg.side and leg.intent and not leg.intent.startswith(leg.side):
        raise unprocessable(f"side {leg.side} does not match position_intent {leg.intent}")


def _check_terms(ticket: Ticket) -> None:
    wanted = ticket.type in ("limit", "stop_limit")
    exits_alone = ticket.order_class == "oco"
    if wanted and ticket.limit is None and not exits_alone:
        raise invalid(f"{ticket.type} orders require limit_price")
    if not wanted and ticket.limit is not None:
        raise invalid(f"{ticket.type} orders must not have limit_price")
    stopped = ticket.type in ("stop", "stop_limit")
    if stopped and ticket.stop is None:
        raise invalid(f"{ticket.type} orders require stop_price")
    if not stopped and ticket.stop is not None:
        raise invalid(f"{ticket.type} orders must not have stop_price")
    _check_trail(ticket)


def _check_trail(ticket: Ticket) -> None:
    trails = [one for one in (ticket.trail_price, ticket.trail_percent) if one is not None]
    if ticket.type == "trailing_stop" and len(trails) != 1:
        raise invalid("trailing_stop orders must specify one of trail_price or trail_percent")
    if ticket.type != "trailing_stop" and trails:
        raise invalid(f"{ticket.type} orders must not have trail_price or trail_percent")


def _check_option(ticket: Ticket, contract: OptionContract) -> None:
    if ticket.order_class != "simple":
        raise unprocessable("complex orders not supported for options trading")
    if ticket.type == "trailing_stop":
        raise unprocessable("invalid options order_type: trailing_stop")
    if ticket.time_in_force != "day":
        raise unprocessable("order_time_in_force must be day for options trading")
    if ticket.qty is None or ticket.qty != int(ticket.qty):
        raise unprocessable("options orders require a whole qty")
    if ticket.extended_hours:
        raise unprocessable("extended hours not supported for options trading")
    if ticket.side and ticket.intent and not ticket.intent.startswith(ticket.side):
        raise unprocessable(f"side {ticket.side} does not match position_intent {ticket.intent}")
    check_increment(contract, "limit_price", ticket.limit)
    check_increment(contract, "stop_price", ticket.stop)


def _check_pair(ticket: Ticket) -> None:
    if ticket.order_class != "simple":
        raise unprocessable("crypto orders not allowed for advanced order_class: otoco")
    if ticket.type not in ("market", "limit", "stop_limit"):
        raise unprocessable("invalid order type for crypto order")
    if ticket.time_in_force not in ("gtc", "ioc"):
        raise unprocessable("invalid crypto time_in_force")
    if ticket.extended_hours:
        raise unprocessable("extended hours not supported for crypto trading")


def _check_equity(ticket: Ticket, instrument: Equity) -> None:
    for name, price in (
        ("limit_price", ticket.limit),
        ("stop_price", ticket.stop),
        ("take_profit.limit_price", ticket.take_profit),
        ("stop_loss.stop_price", ticket.stop_loss),
        ("stop_loss.limit_price", ticket.stop_loss_limit),
    ):
        check_increment(instrument, name, price)
    if ticket.extended_hours and (ticket.type != "limit" or ticket.time_in_force not in ("day", "gtc")):
        raise unprocessable("extended hours order must be DAY or GTC limit orders")
    fractional = ticket.notional is not None or ticket.qty != int(ticket.qty or 0)
    if fractional and (ticket.time_in_force != "day" or ticket.type == "trailing_stop"):
        raise unprocessable("fractional orders must be DAY orders")
    if ticket.type in ("stop", "stop_limit", "trailing_stop") and ticket.time_in_force not in ("day", "gtc"):
        raise unprocessable(f"{ticket.type} orders must be day or gtc orders")
    if ticket.order_class in _EXITS:
        _check_exits(ticket, fractional=fractional)


def _check_exits(ticket: Ticket, *, fractional: bool) -> None:
    name = ticket.order_class
    if fractional:
        raise unprocessable("fractional orders must be simple orders")
    if ticket.time_in_force not in ("day", "gtc"):
        raise unprocessable(f"{name} orders must be day or gtc orders")
    if name != "oto" and ticket.take_profit is None:
        raise unprocessable(f"{name} orders require take_profit.limit_price")
    if name != "oto" and ticket.stop_loss is None:
        raise unprocessable(f"{name} orders require stop_loss.stop_price")
    if name == "oto" and (ticket.take_profit is None) == (ticket.stop_loss is None):
        raise unprocessable("oto orders require either take_profit.limit_price or stop_loss.stop_price")
    if name == "oco" and ticket.type != "limit":
        raise unprocessable("oco orders must be limit orders")
    if name != "oco" and ticket.type == "trailing_stop":
        raise unprocessable(f"{name} entry orders must be market, limit, stop or stop_limit orders")
    _check_exit_prices(ticket)


def _check_exit_prices(ticket: Ticket) -> None:
    # An oco's own side is that of the exits, a bracket's that of the entry.
    long = (ticket.side == "buy") != (ticket.order_class == "oco")
    profit, stop = ticket.take_profit, ticket.stop_loss
    if profit is not None and stop is not None and (profit <= stop if long else profit >= stop):
        raise unprocessable(f"take_profit.limit_price must be {'>' if long else '<'} stop_loss.stop_price")
    if ticket.stop_loss_limit is not None and stop is None:
        raise unprocessable("stop_loss.limit_price requires stop_loss.stop_price")
    base = None if ticket.order_class == "oco" else ticket.limit
    if base is None:
        return
    if profit is not None and (profit < base + _CENT if long else profit > base - _CENT):
        raise unprocessable(
            f"take_profit.limit_price must be {'>= base_price + 0.01' if long else '<= base_price - 0.01'}"
        )
    if stop is not None and (stop > base - _CENT if long else stop < base + _CENT):
        raise unprocessable(
            f"stop_loss.stop_price must be {'<= base_price - 0.01' if long else '>= base_price + 0.01'}"
        )
