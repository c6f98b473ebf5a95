"""Who may come in: a key with every request, so many requests a minute, and not many wrong keys."""

import math
from collections.abc import Callable
from typing import Final

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.http_server.allowances import Allowances
from entrypoints.http_server.keys import HttpKeys
from entrypoints.http_server.refusals import refusal
from entrypoints.mcp_server.server import PRINCIPAL

_WRONG_KEYS_A_MINUTE: Final = 20
_CHALLENGE: Final = 'Bearer realm="tradecore"'


class KeyCheck:
    """
    Lets a request with a key in, as the principal of that key; on `open_paths` also one without any.

    An address that sent twenty wrong or no keys within a minute is answered 429 instead of 401; a right key opens from
    there all the same, since many callers may share an address.
    """

    def __init__(
        self,
        app: ASGIApp,
        keys: HttpKeys,
        *,
        requests_per_minute: int,
        open_paths: frozenset[str],
        count: Callable[[str], None],
        seconds: Callable[[], float],
    ) -> None:
        """Let through to `app`; `count` is told why one was refused, `seconds` never runs backwards."""
        self._app = app
        self._keys = keys
        self._open_paths = open_paths
        self._count = count
        self._of_key = Allowances(requests_per_minute, seconds)
        self._of_address = Allowances(requests_per_minute, seconds)
        self._wrong = Allowances(_WRONG_KEYS_A_MINUTE, seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request."""
        await (self._refusal(scope) or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        presented = _presented_key(Headers(scope=scope))
        address = scope["client"][0] if scope["client"] else "unknown"
        if presented is None and scope["path"] in self._open_paths:
            return self._paced(self._of_address, address)
        principal = None if presented is None else self._keys.principal_of(presented)
        if principal is None:
            return self._wrong_key(address, missing=presented is None)
        _let_in(scope, principal)
        return self._paced(self._of_key, principal)

    def _paced(self, allowances: Allowances, name: str) -> JSONResponse | None:
        wait_s = allowances.take(name)
        if not wait_s:
            return None
        self._count("rate")
        return refusal(429, "TOO_MANY_REQUESTS", "too many requests; see Retry-After", _later(wait_s))

    def _wrong_key(self, address: str, *, missing: bool) -> JSONResponse:
        wait_s = self._wrong.take(address)
        self._count("no_key" if missing else "wrong_key")
        if wait_s:
            return refusal(429, "TOO_MANY_WRONG_KEYS", "too many requests without a right key", _later(wait_s))
        if missing:
            why = "send the key: `Authorization: Bearer KEY` or `X-API-Key: KEY`"
            return refusal(401, "KEY_MISSING", why, {"WWW-Authenticate": _CHALLENGE})
        challenge = f'{_CHALLENGE}, error="invalid_token"'
        return refusal(401, "KEY_WRONG", "this key opens nothing here", {"WWW-Authenticate": challenge})


def _presented_key(headers: Headers) -> str | None:
    """The key a request came with; an Authorization of another kind counts as a wrong one."""
    authorization = headers.get("authorization")
    if authorization is None:
        return headers.get("x-api-key")
    kind, _, key = authorization.partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""


def _let_in(scope: Scope, principal: str) -> None:
    PRINCIPAL.set(principal)
    # The SDK keeps a session to the user that opened it; it is told the principal in the place of a token.
    scope["user"] = AuthenticatedUser(AccessToken(token=principal, client_id=principal, scopes=[]))


def _later(wait_s: float) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(wait_s))}
