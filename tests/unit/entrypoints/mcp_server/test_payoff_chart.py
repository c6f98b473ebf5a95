"""A payoff is drawn for what was previewed or is held; the picture is a PNG beside the figures."""

import base64
import io
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from PIL import Image
from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, Desk, at_the_desk, call

from tradecore.model.instruments import OptionContract

TOOLSETS = ("desk", "analytics")


async def drawn(client: Any, subject: str) -> tuple[dict[str, Any], Image.Image]:
    result = await client.call_tool("payoff_chart", {"subject": subject})
    assert not result.is_error, result.structured_content
    (picture,) = [part for part in result.content if isinstance(part, types.ImageContent)]
    assert picture.mime_type == "image/png"
    assert "png_base64" not in result.structured_content
    return dict(result.structured_content), Image.open(io.BytesIO(base64.b64decode(picture.data)))


@BOTH_ERAS
def test_a_preview_and_then_the_group_are_drawn(tmp_path: Path, era: str) -> None:
    """A call bought at c breaks even at its strike + c and can lose what it cost, fees of both ways included."""

    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            told, image = await drawn(client, shown["confirm_token"])
            assert image.size == (760, 420)
            colours = image.convert("RGB").getcolors(maxcolors=100_000) or []
            assert len(colours) > 4, "something was drawn"
            assert -Decimal(told["worst_shown"]) == Decimal(shown["worst_loss"]).quantize(Decimal("0.01"))
            await desk.enter(client)
            held, _ = await drawn(client, "ORB-1")
            (group,) = desk.floor.desk.open_groups
            contract = group.holdings[0].instrument
            assert isinstance(contract, OptionContract)
            assert [Decimal(price) for price in held["break_evens"]] == [contract.strike + group.unit_cost()]

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)


def test_what_is_unknown_or_cannot_be_drawn_here_is_one_clear_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            unknown = await client.call_tool("payoff_chart", {"subject": "nothing"})
            assert unknown.is_error
            assert "an open group (none)" in unknown.structured_content["error"]["message"]
            await desk.enter(client)
            monkeypatch.setitem(sys.modules, "PIL", None)
            refused = await client.call_tool("payoff_chart", {"subject": "ORB-1"})
            assert refused.structured_content["error"]["code"] == "CHARTS_NOT_INSTALLED"

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)
