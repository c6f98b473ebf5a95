"""The service's own MCP server, unmodified, trades at the simulated broker."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.guide_blocks import blocks
from tests.unit.entrypoints.simulated_broker.broker import Broker, served

PYTHON = os.environ.get("ALPACA_MCP_PYTHON")
CONTRACT, OTHER = "SPY261120C00600000", "SPY261120C00603000"


class Session:
    """MCP over the pipes of a process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Shake hands."""
        self._process = process
        self._asked = 0
        self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "t", "version": "1"})
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def ask(self, method: str, **params: Any) -> Any:
        """One request; its result."""
        self._asked += 1
        self._write({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params})
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if message.get("id") == self._asked:
                assert "result" in message, message
                return message["result"]
        raise AssertionError("the server ended")

    def tool(self, name: str, **arguments: Any) -> Any:
        """The data a tool answers with."""
        result = self.ask("tools/call", name=name, arguments=arguments)
        assert not result.get("isError"), result
        return result["structuredContent"]["data"]

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()


@contextmanager
def official_server(url: str, folder: Path) -> Iterator[Session]:
    """What the guide types in, in a folder where its environment is made already."""
    assert PYTHON is not None
    (folder / "amcp").symlink_to(Path(PYTHON).parents[1])
    (typed,) = (block for block in blocks("guides/simulated-broker.md", "sh") if "launch.py" in block)
    install, _, rest = typed.partition("\n")
    assert "uv pip install --python amcp/bin/python alpaca-mcp-server" in install
    script = rest.replace("http://127.0.0.1:8765", url).replace("amcp/bin/python launch", "exec amcp/bin/python launch")
    process = subprocess.Popen(
        ["bash", "-eu", "-c", script],
        env={"PATH": os.environ["PATH"]},
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Session(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.mark.skipif(PYTHON is None, reason="ALPACA_MCP_PYTHON does not name its Python; `nox -s simulated_broker` does")
def test_the_official_server_reads_previews_trades_and_closes(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim", start=None, speed=1, always_open=True)
    with served(broker) as url, official_server(url, tmp_path) as session:
        assert session.tool("get_account_info")["cash"] == "100000"
        assert session.tool("get_clock")["is_open"] is True
        assert "SPY" in json.dumps(session.tool("get_stock_latest_quote", symbols="SPY"))
        chain = session.tool("get_option_chain", underlying_symbol="SPY", type="call", strike_price_gte=600)
        assert CONTRACT in json.dumps(chain)
        order = session.tool("place_stock_order", symbol="SPY", side="buy", qty="2", type="market", time_in_force="day")
        assert order["symbol"] == "SPY", order
        legs = [
            {"symbol": CONTRACT, "ratio_qty": "1", "side": "sell", "position_intent": "sell_to_open"},
            {"symbol": OTHER, "ratio_qty": "1", "side": "buy", "position_intent": "buy_to_open"},
        ]
        spread = session.tool(
            "place_option_order", qty="1", type="market", time_in_force="day", order_class="mleg", legs=legs
        )
        assert [leg["symbol"] for leg in spread["legs"]] == [CONTRACT, OTHER], spread
        held = session.tool("get_all_positions")
        assert {one["symbol"] for one in held["result"]} == {"SPY", CONTRACT, OTHER}
        session.tool("close_all_positions", cancel_orders=True)
        assert session.tool("get_all_positions")["result"] == []
