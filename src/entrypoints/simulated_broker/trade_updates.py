"""The `trade_updates` stream: JSON in binary frames, as the paper service sends them."""

from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.simulated.brokerage.refusals import Refusal
from entrypoints.simulated_broker.clients import StreamClient

if TYPE_CHECKING:
    from entrypoints.simulated_broker.simulation import Simulation

MOST_CLIENTS_OF_AN_ACCOUNT: Final = 8
_UNAUTHORIZED: Final = {"stream": "authorization", "data": {"status": "unauthorized", "action": "authenticate"}}
_AUTHORIZED: Final = {"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}}


class TradeUpdates:
    """Who listens to which account; a frame is encoded once for all of them."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._listening: dict[str, list[StreamClient]] = {}
        self.is_mute = False

    def send(self, account: str, frame: bytes) -> None:
        """Queue a frame for everybody who listens to the account."""
        if not self.is_mute:
            for client in self._listening.get(account, ()):
                client.offer(frame)

    def has(self, account: str) -> bool:
        """Whether anybody listens to the account."""
        return bool(self._listening.get(account))

    def listen(self, client: StreamClient) -> bool:
        """Add a listener; False when the account has too many."""
        clients = self._listening.setdefault(client.account, [])
        if client not in clients:
            if len(clients) >= MOST_CLIENTS_OF_AN_ACCOUNT:
                return False
            clients.append(client)
        return True

    def leave(self, client: StreamClient) -> None:
        """Drop a listener."""
        clients = self._listening.get(client.account, [])
        if client in clients:
            clients.remove(client)
        if not clients:
            self._listening.pop(client.account, None)

    def disconnect(self) -> None:
        """Close every listener's connection."""
        for clients in self._listening.values():
            for client in list(clients):
                client.shut(1012, "simulated disconnect")

    @property
    def count(self) -> int:
        """How many listen."""
        return sum(len(clients) for clients in self._listening.values())


async def serve_trade_updates(simulation: "Simulation", client: StreamClient) -> None:
    """Serve one client from handshake to end."""
    if not await client.accept():
        return
    try:
        await client.converse(_read(simulation, client), orjson.dumps(_UNAUTHORIZED))
    finally:
        simulation.updates.leave(client)
        simulation.slow_clients += client.is_slow


async def _read(simulation: "Simulation", client: StreamClient) -> None:
    while not client.ended.is_set():
        raw = await client.message()
        if raw is None:
            return
        try:
            message = orjson.loads(raw)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            client.offer(orjson.dumps({"stream": "error", "data": {"error": "invalid message"}}))
            continue
        _obey(simulation, client, message)


def _obey(simulation: "Simulation", client: StreamClient, message: dict[str, Any]) -> None:
    data = message.get("data")
    data = data if isinstance(data, dict) else {}
    action = message.get("action")
    if action in ("authenticate", "auth"):
        _authenticate(simulation, client, data if data else message)
    elif action == "listen":
        _listen(simulation, client, data.get("streams"))
    else:
        client.offer(orjson.dumps({"stream": "error", "data": {"error": "unknown action"}}))


def _authenticate(simulation: "Simulation", client: StreamClient, data: dict[str, Any]) -> None:
    key, secret = data.get("key_id") or data.get("key"), data.get("secret_key") or data.get("secret")
    account = simulation.account_of(key, secret) if isinstance(key, str) and isinstance(secret, str) else None
    if account is None or not _is_open(simulation, account):
        client.offer(orjson.dumps(_UNAUTHORIZED))
        client.shut(1008, "unauthorized")
        return
    client.account, client.is_known = account, True
    client.offer(orjson.dumps(_AUTHORIZED))


def _is_open(simulation: "Simulation", account: str) -> bool:
    try:
        simulation.know(account)
    except Refusal:
        return False
    return True


def _listen(simulation: "Simulation", client: StreamClient, wanted: Any) -> None:
    streams = [one for one in wanted if one == "trade_updates"] if isinstance(wanted, list) else []
    if not client.account:
        client.offer(orjson.dumps(_UNAUTHORIZED))
        return
    if streams and not simulation.updates.listen(client):
        client.offer(orjson.dumps({"stream": "error", "data": {"error": "connection limit exceeded"}}))
        client.shut(1008, "connection limit exceeded")
        return
    if not streams:
        simulation.updates.leave(client)
    client.offer(orjson.dumps({"stream": "listening", "data": {"streams": streams}}))
