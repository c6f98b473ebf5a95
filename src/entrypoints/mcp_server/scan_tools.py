"""Tools that look for a trade and take none: their hits carry arguments for a tool that previews."""

from typing import Final

from entrypoints.mcp_server import schemas
from entrypoints.mcp_server.arguments import ScanStraddles
from entrypoints.mcp_server.calls import Call, Json, Tool
from tradecore.strategies.straddle_scan import Straddle, StraddleWish, limit_of
from tradecore.usecases.scanning import scan_for_straddles

_SCAN: Final = "Same-day straddles by needed / expected move, each with arguments for place_option_order. Reads only."
_DEFINED: Final = "break-evens at mid; expected move: spot x iv x sqrt(calendar minutes to the close / 525600)"
_MOST_HITS: Final = 5


def scan_tools() -> list[Tool]:
    """Tools that scan."""
    return [
        Tool(
            name="straddle_scan",
            title="Straddle scan",
            description=_SCAN,
            arguments=ScanStraddles,
            handler=_straddle_scan,
            output_schema=schemas.SCAN,
        )
    ]


async def _straddle_scan(call: Call, given: ScanStraddles) -> Json:
    found = await scan_for_straddles(call.floor, StraddleWish(max_iv=given.max_iv, min_volume=given.min_volume))
    return {
        "hits": [_hit(one) for one in found.hits[:_MOST_HITS]],
        "omitted": max(len(found.hits) - _MOST_HITS, 0),
        "left_out": found.left_out,
        "missing": found.missing,
        "definition": _DEFINED,
    }


def _hit(one: Straddle) -> Json:
    legs = [{"symbol": leg.symbol, "side": "buy", "ratio": 1} for leg in (one.call, one.put)]
    return {
        "strike": f"{one.call.strike.normalize():f}",
        "mid": f"{one.mid:f}",
        "ask": f"{one.ask:f}",
        "iv": round(one.iv, 4),
        "volume": one.volume,
        "break_evens": [f"{price:f}" for price in one.break_evens],
        "needed_move": f"{one.needed_move:f}",
        "expected_move": f"{one.expected_move:f}",
        "needed_over_expected": round(one.ratio, 3),
        "place_option_order": {
            "legs": legs,
            "quantity": 1,
            "limit_price": float(limit_of(one)),
            "stop_pct": 50,
            "target_pct": 100,
        },
    }
