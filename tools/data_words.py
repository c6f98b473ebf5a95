"""Words of the tools page for the tools of market data."""

from collections.abc import Mapping
from typing import Final

DATA_ARGUMENTS: Final[Mapping[str, str]] = {
    "underlying": "Ticker of the underlying.",
    "expiry": "Day of expiry, `2026-11-20`; left out: today's.",
    "right": "`call` or `put`; left out: both.",
    "strike_from": "Lowest strike, dollars.",
    "strike_to": "Highest strike, dollars.",
    "delta_from": "Smallest delta, without its sign.",
    "delta_to": "Largest delta, without its sign.",
    "max_rows": "The most rows to show.",
}

DATA_RESULTS: Final[Mapping[str, str]] = {
    "CHAIN": "Option chain",
    "CONTRACTS": "Option contracts",
    "QUOTE": "Quote",
    "SNAPSHOT": "Option snapshot",
    "STREAMING": "Chain status",
    "CONTEXT": "Market context",
}

DATA_FIELDS: Final[Mapping[str, str]] = {
    "age_s": "seconds since it stood",
    "spot": "the underlying's mid, dollars; null without a two-sided quote",
    "spot_age_s": "seconds since that stood",
    "minutes_to_expiry": "calendar minutes to the close of the last session, half days included",
    "underlying": "its ticker",
    "expiry": "day of expiry",
    "source": "where it comes from",
    "symbol": "of the instrument; in a market report the pair",
    "columns": "what the parts of each row are, in their order",
    "rows": "one list a row",
    "left_out": "rows that would have fitted the question but not the answer",
    "note": "what to know of it; null: nothing",
    "bid": "dollars; null without one",
    "ask": "dollars; null without one",
    "mid": "half-way between them",
    "bid_size": "contracts or shares",
    "ask_size": "contracts or shares",
    "problem": "why it can't be traded on; null: it can",
    "quote": "as the tools of quotes answer it",
    "figures": "of an explanation the failed checks; of a snapshot IV, its interval and greeks; of a context by name",
    "iv_reason": "why there is no IV; null when there is one",
    "last": "close of the newest finished minute",
    "bars": "minutes, finished; of a question for bars the bars themselves",
    "chain_age_s": "seconds since the chain stood",
    "missing": "of profit and loss symbols without a mark; of a context why a figure is not there, by its name",
    "definitions": "how each figure that is there is made",
    "streaming": "state, expiry, contracts, ages, polls, failures, publication",
}
