"""What the manual says about the MCP server, from the server itself."""

import ast
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import mcp_types as types
from tools.data_words import DATA_ARGUMENTS, DATA_FIELDS, DATA_RESULTS

from entrypoints.limits_file import load_limits
from entrypoints.mcp_server import data_schemas, schemas
from entrypoints.mcp_server.calls import Tool
from entrypoints.mcp_server.prompts import PROMPTS
from entrypoints.mcp_server.resources import RESOURCES
from entrypoints.mcp_server.server import DeskServer, offered_tools
from entrypoints.mcp_server.toolsets import DESK, TOOLSETS_OF
from entrypoints.settings import Settings
from entrypoints.settings.values import TOOLSETS
from entrypoints.wiring import simulated_house
from entrypoints.wiring.crypto_house import crypto_house
from tradecore.model.sessions import session_on

_SOURCE: Final = Path(__file__).parent.parent / "src"
_SESSION: Final = date(2026, 11, 20)

ARGUMENTS: Final[Mapping[str, str]] = {
    "preview": "Accepted for older prompts; false without a token is refused.",
    "confirm": "Accepted for older prompts; true without a token is refused.",
    "confirm_token": "The token of a preview: executes exactly that.",
    "symbol": "To close: an option or share symbol that is held, or a group such as `ORB-1`. To buy: a ticker.",
    "quantity": "How much. To close and left out: all; to open and left out: 1.",
    "strike_delta": "Delta of the strike: 30 and 0.30 are the same.",
    "contracts": "How many units; left out: sized by risk.",
    "risk_dollars": "Dollars at risk in the worst case, which size the order.",
    "stop_pct": "Stop as percent of the premium paid or of the credit received.",
    "target_pct": "Target as percent of the premium paid or of the credit received.",
    "note": "Your own words, kept in the journal.",
    "width": "Dollars between the strikes of each side; left out: the widest up to 10 whose worst loss fits.",
    "side": "Lotto: call or put. Shares: buy or sell.",
    "arm": "Preview a standing plan instead of an order.",
    "until": "With `arm`: New York time, HH:MM, at which the plan ends; left out: `armed_until`.",
    "worst_price": "With `arm`: net price of one unit that the plan never passes; left out: the preview's.",
    "legs": "One to four of `{symbol, side, ratio}`, as a list or as its JSON text.",
    "limit_price": "Net price of one unit, above zero a debit, below zero a credit; left out: worked from mid.",
    "max_iv": "Highest implied volatility, a fraction per year.",
    "min_volume": "Fewest contracts traded today, in each leg.",
    "reason": "Why, for the record.",
    "stop": "Net price of one unit at which it is closed at a loss: received if bought, paid if sold.",
    "target": "The same for a gain.",
    "trail": "Distance in that price by which the stop follows the best seen.",
    "break_even": "A stop at what the unit cost or brought.",
    "enable": "True engages at once, false previews the lift.",
    "flatten": "Close everything too; needs no token.",
    "order_id": "The order's id, as answers give it.",
    "limit": "How many, 1 to 50.",
    "status": "Which orders: open, closed or all.",
    "cursor": "Where to go on: `next_cursor` or `cursor` of an earlier answer.",
    "subject": "An event id, order id, group, check or code; left out: the newest refusal.",
    "sections": "Parts of the report, by the names of its fields below; left out: all.",
    "levels": "Levels of depth a side, 0 to 20; left out: as many as there are.",
    "spot": "Price of the underlying then; or give `move_pct`.",
    "move_pct": "Its move from now in percent; left out with `spot`: none.",
    "minutes": "Calendar minutes from now, at most a day.",
    "iv_points": "Volatility points added to every contract.",
    "wait_s": "Seconds to wait for something to happen, 0 to 20.",
    **DATA_ARGUMENTS,
}

RESULTS: Final[Mapping[str, str]] = {
    "TRADE": "Previews, confirmations and actions",
    "SCAN": "Scans",
    "ORDER": "One order",
    "ORDERS": "Orders",
    "POSITIONS": "Positions",
    "ACCOUNT": "Account",
    "PNL": "Profit and loss",
    "DAY_BRIEF": "The day on one page",
    "WHAT_IF": "An imagined market",
    "DELTA": "Delta",
    "PAYOFF": "Payoff chart",
    "GREEKS": "Greeks",
    "RISK_METRICS": "Risk metrics",
    "RISK": "Headroom",
    "EXPLANATION": "Explanation",
    "UPDATES": "Updates",
    "CLOCK": "Market clock",
    "HEALTH": "Health",
    "RECONCILED": "Reconciliation",
    "REPORT": "Market report",
    **DATA_RESULTS,
}
SCHEMAS: Final[Mapping[str, Any]] = {**vars(schemas), **vars(data_schemas)}

FIELDS: Final[Mapping[str, str]] = {
    "error": "why it was refused: `code`, `message`, `details`; only in a refusal",
    "status": "`preview`, `confirmed`, `unknown` (an order may be live), `done`; `healthy` or not; `agrees`, `differs`",
    "mode": "simulated, paper or live",
    "account": "the account's name",
    "headline": "one line a person can decide on, written by the desk",
    "standing": "what a standing plan is bound to: `plan_id`, `until`, `worst_price`, `worst_loss`, `quantity`",
    "armed": "standing plans that wait for their signal, each in a sentence",
    "probability_of_profit": "held to expiry, above the cost; null while no volatility can be read",
    "probability_basis": "how that probability is defined",
    "ladder": "of an order: dollars made at prices of the underlying (`spot`, `now`, `expiry`) with "
    "fees; of what is held: move in percent, dollars gained at once, and if that price stood at the close",
    "hits": "what was found, the least demanding first, each with arguments for `place_option_order`",
    "left_out": "how many strikes fell out, by reason",
    "definition": "what the figures of a hit mean",
    "confirm_token": "what executes this preview, once",
    "expires_in_s": "seconds it lives, on the reader's clock",
    "who_confirms": "`model`, `elicit` or `operator`",
    "intent_id": "the ticket's name in the journal and in `tradecore approve`",
    "strategy": "who proposed it; of a close or a lift its kind",
    "plan": "legs, quantity, order type and class, first and worst price, stop, target, `out_by`, reason",
    "plans": "all of them, when there is more than one",
    "sizing": "`method`, `budget`, `per_unit_worst`, `quantity`",
    "cost": "dollars with fees; positive is a debit",
    "fees": "dollars",
    "max_loss": "dollars; null is unbounded",
    "max_profit": "dollars; null is unbounded",
    "planned_loss": "dollars lost at the stop, with fees",
    "worst_loss": "dollars that count against the budget; null is unbounded",
    "break_evens": "prices of the underlying",
    "greeks": "position totals in share-equivalents; theta per minute and per day, vega per volatility point",
    "signal": "whether the strategy's signal is `present`, and `why`",
    "quote_age_ms": "age of the oldest quote used",
    "feed": "where the quotes come from",
    "risk": "the gate's verdict with every check",
    "before": "delta, loss budget, and what a move of 0.5 or 1 % would bring at once, without the order",
    "after": "the same with the order",
    "changed": "`field`, `old`, `new`: what a fresh preview changed",
    "order_id": "the newest order of the intent",
    "client_order_id": "the same",
    "state": "the order's [state](order-states.md), or the desk's: ACTIVE, REDUCING, HALTED",
    "legs": "what the order trades",
    "groups": "labels of the groups concerned, or a figure for each; in a brief with holdings, levels and `out_at`",
    "filled_quantity": "units filled so far",
    "average_price": "their average price; null before the first fill",
    "protection": "the stop and target that now work, a line each",
    "replayed": "true: this token was used before, and this is its first result",
    "orders": "the orders concerned, each with id, legs, quantity, fills, terms, state",
    "what": "what was done, or what is explained",
    "order_ids": "ids of the orders concerned",
    "held": "groups still held, with their units",
    "not_cancelled": "entries whose cancellation the broker has not confirmed; the desk keeps asking",
    "differences": "kind, subject, our figure, the broker's, and what became of it: reported, adopted, alerted",
    "unknown": "orders whose outcome is not known",
    "locked": "instruments in which nothing is opened because the broker's position differs",
    "order": "the order",
    "next_cursor": "where to go on; null at the end",
    "positions": "group, strategy, symbol, quantity, average price, mark, unrealised result, stop, target",
    "omitted": "positions that did not fit into the answer",
    "cash": "dollars",
    "equity": "dollars",
    "buying_power": "dollars",
    "options_buying_power": "dollars",
    "currency": "ISO code",
    "at": "when (UTC)",
    "day": "the trading day",
    "realised": "dollars, before fees",
    "unrealised": "dollars; null while a mark is missing",
    "total": "realised, less fees, plus unrealised; null while a mark is missing",
    "missing": "symbols without a mark or, where greeks are asked for, without a volatility",
    "wins": "groups closed with a gain",
    "losses": "groups closed with a loss",
    "trades": "opening trades of the day",
    "delta": "of everything held, in share-equivalents",
    "reason": "why the desk is in this state",
    "daily_cap": "the most the day may lose",
    "loss_today": "dollars lost so far",
    "committed": "worst case of what is open or working",
    "budget_left": "what neither a loss nor a worst case has taken",
    "trades_left": "opening trades left today",
    "groups_left": "groups that may still be opened",
    "missing_limits": "limits that are not set; while one is missing nothing is opened",
    "limits": "profile, hash and the limits asked about most",
    "subject": "what was looked up",
    "why": "the reason",
    "next_step": "what would help",
    "set_by": "the limits profile and its hash",
    "figures": "the failed checks, each with `measured` and `limit`",
    "smallest_change": "`argument` and `value` that would have passed",
    "history": "its updates, oldest first",
    "updates": "`id`, `at`, `kind`, `subject`, `text`; `said` is text from the venue, marked as data",
    "cursor": "give it to the next call",
    "lost": "updates that are not kept any more (10,000 are)",
    "more": "whether another call at once would give more",
    "timestamp": "the market's time (UTC)",
    "is_open": "whether the exchange trades",
    "next_open": "UTC",
    "next_close": "UTC",
    "simulated": "whether this is a simulated market",
    "speed": "market seconds in one of yours",
    "ready": "whether every check passes",
    "version": "of the desk; in a market report: of its form",
    "symbol": "the pair",
    "venue": "where its events come from",
    "generated_at": "when it was made (UTC)",
    "prices": "last, 24 h change, high, low and volume, best bid and ask, mid, micro price and its formula",
    "spread": "`bps` of the bid, and `absolute`",
    "depth": "up to 20 levels a side as `[price, quantity]`, their sums, and `imbalance` from −1 to 1",
    "liquidity": "walls, vacuums, and the volume profile of 30 minutes",
    "flow": "events a second, net flow, order flow imbalance, with their windows",
    "anomalies": "each with type, severity, note, evidence, first_seen, last_seen, active, count",
    "health": "score from 0 to 100, its components and weights",
    "data_age_ms": "age of the newest event now; null: there was none",
    "fresh": "whether that is at most a second",
    "ingestion": "`status` ok, degraded or down, the newest event, gaps and resyncs",
    "percentiles_24h": "where spread, depth and event rate stand among those of 24 hours, in percent",
    "checks": "`name`, `passed`, `found`",
    "spot": "price of the underlying: its mid, or the imagined one",
    "minutes": "calendar minutes from now",
    "iv_points": "volatility points added to every contract",
    "gain": "dollars gained until then, at model value; null: a volatility is missing",
    "underlying": "the desk's underlying",
    "elsewhere": "groups of other underlyings, which these figures do not count",
    "delta_cap": "the most share-equivalents an opening order may lead to",
    "expiring": "what expires today: shares delivered if in the money, by how much, and whether it is near",
    "headroom": "as `risk_check`",
    "warnings": "a line each: missing volatility, delta or budget nearly used, assignment, expiry near the money",
    "title": "what is drawn",
    "best_shown": "dollars at expiry at the best price shown",
    "worst_shown": "the same at the worst",
    "phase": "before, during or after the session",
    "session": "the trading day",
    "clock": "New York times of the day with what happens then",
    "next_session": "the trading day after",
    "result": "`realised`, `fees`, `unrealised`, `total` in dollars; `trades`, `wins`, `losses`",
    "room": "state and why, loss cap, budget, trades and groups left",
    "working_orders": "how many orders may be at the broker",
    "provisional": "expired contracts are still in the books: the broker books them before the next open",
    "alerts": "the newest three of the session",
    **DATA_FIELDS,
}

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "NOT_WORKING": ("what was to be replaced is no working entry", "look at the recent orders"),
    "PARTLY_FILLED": ("part of what was to be replaced is filled", "cancel the rest, then order anew"),
    "NOT_REPLACED": ("the old order could not be taken back whole; nothing new was sent", "look, then preview again"),
    "LEG_HELD": ("a leg would net what a group holds", "close that group, or choose another strike"),
    "NO_SHORT_SALES": ("shares that are not held were to be sold", "nothing is sold short"),
    "EXPIRED": ("what is held has expired; no order closes it", "wait: the broker books it by the next open"),
    "NEVER_FIRES": ("the plan would be over before its strategy looks for a signal", "ask for it without arm, later"),
    "WORST_PRICE": ("at this worst_price the plan could not win, or not lose", "a worst_price near the market"),
    "TOO_MANY_ARMED": ("`max_armed_plans` standing plans wait already", "cancel one of them"),
    "UNTIL": ("a standing plan would end in the past or after `armed_until`", "another time"),
    "NOT_ACTIVE": ("the desk takes no risk now, so nothing is armed", "arm it when the latch is gone"),
    "MARKET_CLOSED": ("no session now", "try again in a session"),
    "MISSING_INPUT": ("a strategy lacks data for a plan", "wait for them, or ask for other arguments"),
    "RISK_REFUSED": ("a check failed, at preview or at confirm", "the smallest change, if there is one"),
    "TOKEN_UNKNOWN": ("no ticket of this account and principal has this token", "preview again"),
    "UNKNOWN_TOOL": (
        "no tool of this name (over MCP a protocol error)",
        "one of those listed",
    ),
    "TOKEN_MISMATCH": ("an argument differs from the ticket's", "repeat the ticket's arguments, or preview again"),
    "TOKEN_SUPERSEDED": ("a newer preview, or a newer kill, replaced the ticket", "confirm the newer one"),
    "CONFIRM_TOKEN_NEEDED": (
        "`confirm=true` or `preview=false` without a token",
        "preview, then repeat with the token",
    ),
    "USE_CONFIRM_ORDER": ("in live mode a trading tool got a token", "`confirm_order`"),
    "CANNOT_ASK": ("a form is needed and the client declared none", "`tradecore approve`, then the same call"),
    "NOT_APPROVED": ("the form came back without a tick", "ask the person; `tradecore approve` if none was seen"),
    "APPROVAL_PENDING": ("the operator has not approved within 14 s", "`tradecore approve`, then the same call"),
    "APPROVAL_NEEDED": ("somebody too weak confirmed", "`tradecore approve`, then the same call"),
    "NOTHING_TO_APPROVE": ("the ticket expired or was used before it was shown", "preview again"),
    "NOTHING_TO_CLOSE": ("the group, or any, is not open", "none"),
    "EXIT_WORKING": ("an exit of the group works already", "wait for it; it does not give up"),
    "QUANTITY": ("not between one and what is held", "close at most that"),
    "HALTED": ("the operator halted the desk", "the operator resumes or closes by hand"),
    "DESK_HALTED": ("the journal can't be written; nothing is sent any more", "the operator looks at the journal"),
    "NOT_UNKNOWN": ("settling an order whose outcome is known", "the operator, from a terminal"),
    "BROKER_SILENT": ("the broker does not answer", "ask again in a minute"),
    "NOTHING_TO_MANAGE": ("the group is not open", "one of the open ones"),
    "LOOSER": ("a way out that leaves later, asked by the desk itself", "preview it"),
    "WOULD_FIRE_NOW": ("the market has passed the stop or target already", "`close_position`"),
    "LEVELS_CROSSED": ("the stop would not be below the target", "a stop below it"),
    "REDUCING": ("a looser way out while the desk only reduces risk", "only tighter ones until that is over"),
    "NO_POSITION": ("nothing of that symbol or group is held", "one that is"),
    "CHARTS_NOT_INSTALLED": ("a picture is asked for and pillow is not there", "the extra `charts`, or the ladder"),
    "NOT_ENGAGED": ("lifting a kill switch that is off", "none"),
    "OPERATOR_ONLY": ("lifting it in live mode", "the operator, from a terminal"),
    "NOT_TRIGGERED": ("a stop or target that these prices do not reach; asked by the desk itself", "none"),
    "ORDER_UNKNOWN": ("cancelling an order that is not there", "`get_recent_orders`"),
    "ORDER_ENDED": ("cancelling what has ended", "none"),
    "PROTECTIVE_ORDER": ("cancelling what lowers risk", "close the position instead"),
    "INVALID_REQUEST": ("an argument is unknown, missing, of another type or names nothing", "correct it"),
    "TIMEOUT": ("no answer in time; it may still be under way", "`get_recent_orders` before asking again"),
    "INTERNAL_ERROR": ("a fault of ours; the log has the cause", "`get_recent_orders` before asking again"),
    "NO_DATA": ("the source has nothing of it", "another symbol or day, or again in a session"),
    "REJECTED": ("the keeper of the watchlists refused for good", "look with `get_watchlists`"),
    "symbol_not_indexed": ("nobody follows the pair; `indexed` lists those that somebody does", "ask for one of them"),
    "backend_unavailable": ("the store of the market reports can't be reached", "ask again in a moment"),
    "UNAVAILABLE": ("something the desk needs did not answer", "ask again in a moment"),
}

PREFACE: Final = """
# Tools of the MCP server

A tool that trades previews first and sends nothing; with the preview's token it executes. Arguments are strict: an
unknown one is refused, a number given as text is refused, and a number that is not given is left out, never null. In
every answer amounts, prices and quantities are text, exact to the last digit; counts and greeks are numbers. The text
of an answer and its `structuredContent` say the same.

`TRADECORE_TOOLSETS` chooses from the toolsets `desk` (the default), `options`, `stocks`, `data`, `analytics`,
`watchlists`, `admin` and `crypto`; a tool in two of them comes with either. `crypto` needs `REDIS_URL` or a
`CRYPTO_FEED`, see [Crypto reports](../guides/crypto.md). `TRADECORE_READ_ONLY=true` leaves out everything that trades.
All are fixed at the start. What is marked destructive here is so in simulated mode; in live mode only `confirm_order`,
`cancel_order`, `kill_switch` and `manage_position` are, because the others only preview there.

Strategies are tools by themselves: those below ship with tradecore, and
[a plug-in of yours](../guides/write-a-strategy.md) appears beside them.
"""

AFTER_TOOLS: Final = """
## Results

Every answer also has

| field | meaning |
| --- | --- |
| `desk` | `mode`, `account`, `state`, `day_pnl`, `budget_left`, `data_age_s`, `time`, `exchange_time`; null: unknown |
| `recent_events` | the newest five of the last minute, refusals included; reading them does not consume them |

Fields marked * are always there.
"""

ERRORS: Final = """
## Refusals

A no is a tool error with `status: "refused"` and `error {code, message, details}`. `details` may have `next_step`,
`smallest_change`, `failed` (the checks), `headline` and `expires_in_s`; `risk` has every check when the gate refused.
What no tool call can mend (an unknown tool, resource or prompt) is an error of the protocol.

| code | when | next step |
| --- | --- | --- |
"""


def tools_page() -> str:
    """Every tool with arguments and hints, the results, resources, prompts and codes."""
    server = _server()
    lines = [PREFACE.strip()]
    for listed in server.listed.tools:
        lines += ["", *_tool(listed, server.tools[listed.name])]
    lines += ["", AFTER_TOOLS.strip()]
    for name, title in RESULTS.items():
        lines += ["", f"### {title}", "", *_fields(SCHEMAS[name])]
    lines += ["", *_resources(), "", *_prompts(), "", ERRORS.strip()]
    lines += [f"| `{code}` | {when} | {step} |" for code, (when, step) in CODES.items()]
    return "\n".join(lines) + "\n"


def codes_in_source() -> set[str]:
    """Every code that a refusal of the desk or of the MCP server has in the code."""
    found: set[str] = set()
    for folder in ("tradecore", "entrypoints/mcp_server"):
        for path in (_SOURCE / folder).rglob("*.py"):
            found |= set(_codes(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def listed_arguments() -> set[str]:
    """Arguments of every tool whose schema does not describe them itself."""
    schemes = [tool.input_schema["properties"] for tool in _server().listed.tools]
    return {name for scheme in schemes for name, value in scheme.items() if "description" not in value}


def listed_fields() -> set[str]:
    """Fields of every result but the two that every answer has."""
    return {name for result in RESULTS for name in SCHEMAS[result]["properties"]} - {"desk", "recent_events"}


def _server() -> DeskServer:
    session = session_on(_SESSION)
    if session is None:
        raise RuntimeError(f"{_SESSION} is no session")
    with tempfile.TemporaryDirectory() as home:
        house = simulated_house(
            Settings(home=Path(home)), seed=1, session=session, limits=load_limits("default"), account="manual"
        )
        house.close()
        house.loop.close()
        crypto = crypto_house(Settings(home=Path(home)), feeds=False, works=False)
        return DeskServer(house.floor, offered_tools(house.floor, TOOLSETS, read_only=False), crypto)


def _tool(listed: types.Tool, tool: Tool) -> Iterator[str]:
    yield f"## {listed.name}"
    yield ""
    yield str(listed.description)
    yield ""
    sets = " and ".join(f"`{one}`" for one in TOOLSETS_OF.get(tool.name, (DESK,)))
    yield f"In {sets}; {_hints(listed)}; answers with [{_result(tool)}](#{_anchor(_result(tool))})."
    properties: Mapping[str, Any] = listed.input_schema["properties"]
    if not properties:
        return
    needed = listed.input_schema.get("required", ())
    yield ""
    yield "| argument | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for name, schema in properties.items():
        default = "required" if name in needed else _default(schema)
        yield f"| `{name}` | {_type(schema)} | {default} | {ARGUMENTS.get(name) or schema['description']} |"


def _hints(listed: types.Tool) -> str:
    hints = listed.annotations
    if hints is None:
        return ""
    trade = "read-only" if hints.read_only_hint else "destructive"
    return trade + ("; idempotent" if hints.idempotent_hint else "")


def _result(tool: Tool) -> str:
    return next(title for name, title in RESULTS.items() if SCHEMAS[name] == tool.output_schema)


def _anchor(title: str) -> str:
    return title.lower().replace(",", "").replace(" ", "-")


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "one of")
    names = kind if isinstance(kind, list) else [kind]
    return " or ".join("text" if name == "string" else str(name) for name in names)


def _default(schema: Mapping[str, Any]) -> str:
    if "default" not in schema:
        return ""
    value = schema["default"]
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| field | type | meaning |"
    yield "| --- | --- | --- |"
    for name, value in schema["properties"].items():
        if name not in ("desk", "recent_events"):
            star = "*" if name in schema["required"] else ""
            kind = "text" if "enum" in value else _type(value)
            yield f"| `{name}`{star} | {kind} | {FIELDS[name]} |"


def _resources() -> Iterator[str]:
    yield "## Resources"
    yield ""
    yield "Each is JSON with what a tool of the same subject says, and can be subscribed to in both eras of the"
    yield "protocol."
    yield "A client that does not pass on such news follows with `wait_for_updates`."
    yield ""
    yield "| resource | |"
    yield "| --- | --- |"
    for resource in RESOURCES:
        yield f"| `{resource.uri}` | {resource.description} |"


def _prompts() -> Iterator[str]:
    yield "## Prompts"
    yield ""
    yield "Each takes one argument, `wish`: what you want, in your words."
    yield ""
    yield "| prompt | |"
    yield "| --- | --- |"
    for prompt in PROMPTS:
        yield f"| `{prompt.name}` | {prompt.description} |"


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Refused", "Refusal"):
            words = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "code")]
            yield from (word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str))
