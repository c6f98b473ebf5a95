"""What a terminal may ask of a standing desk: its state, the kill switch, what waits for the operator, approval."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import orjson

from entrypoints.standing.lines import LineTooLong, read_message, write_message
from entrypoints.standing.passphrase import OperatorLock
from entrypoints.wiring.desk_house import DeskHouse
from tradecore.errors import TradeError
from tradecore.model.alerts import Severity
from tradecore.usecases import kill_switch, operating
from tradecore.usecases.acknowledging import acknowledge
from tradecore.usecases.alert_book import AlertDeliveryState, RaisedAlert
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer
from tradecore.usecases.approving import approve, pending_approvals
from tradecore.usecases.desk_line import desk_line

_LONGEST_REASON: Final = 200
Answer = dict[str, Any]
ToolCall = Callable[[str, Answer, str], Awaitable[Answer]]


class Control:
    """Answers one JSON object a line with one."""

    def __init__(self, house: DeskHouse, lock: OperatorLock, call: ToolCall) -> None:
        """Act on this house; `lock` knows the operator, `call` the tools: name, arguments, who asks."""
        self._house = house
        self._lock = lock
        self._call = call
        self._guessing = asyncio.Lock()
        self._asks: dict[str, Callable[[Answer, str], Awaitable[Answer]]] = {
            "status": self._status,
            "kill": self._kill,
            "approvals": self._approvals,
            "approve": self._approve,
            "call": self._call_tool,
            "halt": self._halt,
            "resume": self._resume,
            "settle": self._settle,
            "alerts": self._alerts,
            "ack": self._acknowledge,
        }

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, principal: str) -> None:
        """Serve one connection until it ends."""
        while True:
            try:
                wish = await read_message(reader)
            except (LineTooLong, orjson.JSONDecodeError, ValueError) as problem:
                await write_message(writer, {"ok": False, "error": f"unreadable request: {problem}"})
                continue
            if wish is None:
                return
            await write_message(writer, await self._answer(wish, principal))

    async def _answer(self, wish: Answer, principal: str) -> Answer:
        ask = self._asks.get(str(wish.get("ask")))
        if ask is None:
            return {"ok": False, "error": f"ask one of: {', '.join(sorted(self._asks))}"}
        try:
            return {"ok": True} | await ask(wish, principal)
        except TradeError as problem:
            return {"ok": False, "error": str(problem)}

    async def _status(self, _: Answer, __: str) -> Answer:
        line = desk_line(self._house.floor)
        return {
            "account": line.account,
            "mode": line.mode,
            "state": line.state.name,
            "reason": self._house.floor.desk.trading[1],
            "time": line.now.isoformat(),
            "positions_open": len(self._house.floor.desk.open_groups),
            "day_pnl": None if line.day_pnl is None else format(line.day_pnl.amount, "f"),
            "seed": self._house.seed,
            "unacknowledged": len(self._house.floor.alert_book.unacknowledged),
            "alerts_problem": _problem(self._house.floor.alert_book.delivery),
        }

    async def _kill(self, wish: Answer, principal: str) -> Answer:
        reason = str(wish.get("reason") or "from a terminal")[:_LONGEST_REASON]
        flatten = wish.get("flatten") is True
        done = await kill_switch.engage(self._house.floor, principal, flatten=flatten, reason=reason)
        held = [f"{g.label} {g.open_units():f}" for g in self._house.floor.desk.open_groups]
        return {
            "what": done.what,
            "orders": list(done.order_ids),
            "not_cancelled": list(done.not_cancelled),
            "held": held,
        }

    async def _halt(self, wish: Answer, principal: str) -> Answer:
        reason = str(wish.get("reason") or "from a terminal")[:_LONGEST_REASON]
        return await self._operated(wish, principal, partial(operating.halt, reason=reason))

    async def _resume(self, wish: Answer, principal: str) -> Answer:
        return await self._operated(wish, principal, operating.resume)

    async def _settle(self, wish: Answer, principal: str) -> Answer:
        order_id = str(wish.get("order_id"))[:64]
        return await self._operated(wish, principal, partial(operating.settle, client_order_id=order_id))

    async def _operated(self, wish: Answer, principal: str, act: Callable[..., Awaitable[str]]) -> Answer:
        refusal = await self._refusal(wish, principal)
        if refusal is not None:
            return {"ok": False, "error": refusal}
        floor = self._house.floor
        what = await act(floor, f"operator {principal}")
        return {"what": what, "state": floor.desk.trading[0].name}

    async def _refusal(self, wish: Answer, principal: str) -> str | None:
        # Hashing takes a tenth of a second of work, which must not hold up the market; one guess at a time, counted.
        async with self._guessing:
            refusal = await asyncio.to_thread(self._lock.refusal, wish.get("passphrase"))
        if refusal is not None:
            warning = str(Severity.WARNING)
            self._house.floor.note("operator_refused", principal=principal, severity=warning, why=refusal)
        return refusal

    async def _alerts(self, _: Answer, __: str) -> Answer:
        state = self._house.floor.alert_book.delivery
        delivery = None if state is None else {"kind": state.kind, "problem": state.problem, "waiting": state.waiting}
        opened = [_shown(raised) for raised in self._house.floor.alert_book.unacknowledged]
        return {"alerts": opened, "delivery": delivery}

    async def _acknowledge(self, wish: Answer, principal: str) -> Answer:
        given = wish.get("alerts")
        wanted = [str(one)[:40] for one in given] if isinstance(given, list) else None
        return {"acknowledged": [_shown(one) for one in acknowledge(self._house.floor, principal, wanted)]}

    async def _call_tool(self, wish: Answer, principal: str) -> Answer:
        given = wish.get("arguments")
        if not isinstance(given, dict):
            return {"ok": False, "error": "arguments are a JSON object"}
        return {"answer": await self._call(str(wish.get("tool"))[:64], given, principal)}

    async def _approvals(self, _: Answer, __: str) -> Answer:
        floor = self._house.floor
        now, rate = floor.clock.now(), float(floor.desk.opening.clock_rate)
        return {
            "approvals": [
                {
                    "intent_id": one.intent_id,
                    "headline": one.headline,
                    "principal": one.principal,
                    "expires_in_s": round((one.expires_at - now).total_seconds() / rate),
                }
                for one in pending_approvals(floor)
            ]
        }

    async def _approve(self, wish: Answer, principal: str) -> Answer:
        floor = self._house.floor
        refusal = await self._refusal(wish, principal)
        if refusal is not None:
            return {"ok": False, "error": refusal}
        answer = await approve(floor, str(wish.get("intent_id"))[:64])
        if isinstance(answer, ConfirmAnswer):
            filled = f"{answer.filled_quantity:f}"
            price = None if answer.average_price is None else f"{answer.average_price:f}"
            return {
                "status": answer.status,
                "groups": list(answer.groups),
                "filled_quantity": filled,
                "average_price": price,
                "protection": list(answer.protection),
            }
        if isinstance(answer, PreviewAnswer):
            return {"status": "preview", "intent_id": answer.intent_id, "headline": answer.headline}
        return {"status": "refused", "code": answer.refusal.code, "message": answer.refusal.message}


def _shown(raised: RaisedAlert) -> Answer:
    alert = raised.alert
    told = {"id": raised.alert_id, "at": raised.at.isoformat(), "code": alert.code, "message": alert.message}
    return told | {"times": raised.times}


def _problem(state: AlertDeliveryState | None) -> str | None:
    return None if state is None else state.problem or state.heartbeat_problem
