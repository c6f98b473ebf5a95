"""Whom a request thinks it speaks to, and from which page it comes: what keeps a hostile web page out."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.http_server.refusals import refusal
from entrypoints.settings.values import is_loopback

_HOST: Final = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}|\*))?")
_ORIGIN: Final = re.compile(r"(?P<scheme>https?)://(?P<host>.+)")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_EVERYWHERE: Final = ("0.0.0.0", "::")


class Addresses:
    """
    Names under which the door is reached.

    These are its own host and port, this machine's loopback names where it listens on them, and `hosts`: `NAME` (at the
    door's port or a default one), `NAME:PORT` or `NAME:*`. Pages of the same names and of `origins` may call.
    """

    def __init__(self, host: str, port: int, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        """The door listens on this host and port."""
        names = {f"[{host}]" if ":" in host else host.lower()}
        if is_loopback(host) or host in _EVERYWHERE:
            names.update(_LOOPBACK)
        self._known = {(name, port) for name in names}
        self._at_any_port: set[str] = set()
        self._origins = {origin.lower() for origin in origins}
        for allowed in hosts:
            self._add(allowed.lower(), port)

    def _add(self, allowed: str, own_port: int) -> None:
        name, _, port = allowed.rpartition(":") if re.search(r":(\d+|\*)$", allowed) else (allowed, "", "")
        if port == "*":
            self._at_any_port.add(name)
        elif port:
            self._known.add((name, int(port)))
        else:
            self._known.update((name, each) for each in (own_port, *_DEFAULT_PORTS.values()))

    def has_host(self, host: str, scheme: str) -> bool:
        """Whether a Host header of a request of this scheme names the door."""
        found = _HOST.fullmatch(host.lower())
        if found is None or found["port"] == "*":
            return False
        port = int(found["port"]) if found["port"] else _DEFAULT_PORTS.get(scheme, 0)
        return found["name"] in self._at_any_port or (found["name"], port) in self._known

    def has_origin(self, origin: str) -> bool:
        """Whether pages of this origin may call."""
        found = _ORIGIN.fullmatch(origin.lower())
        return origin.lower() in self._origins or (found is not None and self.has_host(found["host"], found["scheme"]))


class AddressCheck:
    """Answers 421 to a request for somebody else, 403 to one from a page that may not call."""

    def __init__(self, app: ASGIApp, addresses: Addresses, count: Callable[[str], None]) -> None:
        """Let the rest through to `app`; `count` is told why one was refused."""
        self._app = app
        self._addresses = addresses
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request."""
        answer = self._refusal(Headers(scope=scope), scope["scheme"])
        await (answer or self._app)(scope, receive, send)

    def _refusal(self, headers: Headers, scheme: str) -> JSONResponse | None:
        if not self._addresses.has_host(headers.get("host", ""), scheme):
            self._count("host")
            return refusal(421, "WRONG_HOST", "this Host is not served here; see TRADECORE_ALLOWED_HOSTS")
        origin = headers.get("origin")
        if origin is not None and not self._addresses.has_origin(origin):
            self._count("origin")
            return refusal(403, "WRONG_ORIGIN", "pages of this origin may not call; see TRADECORE_ALLOWED_ORIGINS")
        return None
