"""
The HTTP side of alpaca-py, made safe: one pool of connections, hard time-outs, no retries, errors told apart.

Blocking; whoever calls does so on a thread. Bodies and answers are plain JSON values, never the SDK's models.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import orjson
import requests
from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from adapters.alpaca import fields
from adapters.alpaca.addresses import Addresses
from tradecore.errors import DuplicateOrder, OutcomeUnknown, PortError, Rejected, Unavailable

_POOL: Final = 12
_NOT_UNIQUE: Final = "client_order_id must be unique"
_NEVER_LEFT: Final = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, and to wait for each part of an answer; their sum stays below the desk's own patience."""

    connect: float = 3.0
    read: float = 6.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What an answer said of the rate limit: requests a minute, how many are left, until when (Unix seconds)."""

    limit: int
    remaining: int
    reset: float


class Refused(Rejected):
    """A definitive refusal with its HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        """Keep the status: what it means depends on what was asked."""
        super().__init__(message)
        self.status = status


class AlpacaHttp:
    """alpaca-py's REST client for each API, on one session; `told` hears the limit an answer names, and its URL."""

    def __init__(
        self,
        *,
        key: str,
        secret: str,
        addresses: Addresses,
        timeouts: Timeouts | None = None,
        told: Callable[[str, RateLimit], None] | None = None,
    ) -> None:
        """Connect to nothing yet."""
        limits = timeouts or Timeouts()
        self._session = requests.Session()
        self._session.trust_env = not addresses.is_loopback
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=2, pool_maxsize=_POOL, max_retries=0))
        self._session.hooks["response"].append(self._note)
        # alpaca-py passes no time-out and has no setting for one.
        bounded = partial(self._session.request, timeout=(limits.connect, limits.read))
        self._session.request = bounded  # type: ignore[method-assign]
        self._told = told
        # Its clients of each API load pandas for models that are not used here: the restart would take a second longer.
        credentials: dict[str, Any] = {"api_key": key, "secret_key": secret, "raw_data": True}
        self._trading = RESTClient(addresses.trading, **credentials, api_version="v2")
        self._stocks = RESTClient(addresses.data, **credentials, api_version="v2")
        self._options = RESTClient(addresses.data, **credentials, api_version="v1beta1")
        for client in (self._trading, self._stocks, self._options):
            client._session = self._session
            client._retry = 0
        self.server_date: float | None = None

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def trading(self, path: str, **query: Any) -> Any:
        """Read from the trading API (version 2)."""
        return _carried_out(lambda: self._trading.get(path, _given(query)))

    def place(self, body: Mapping[str, Any]) -> Any:
        """Ask for an order, once."""
        return _carried_out(lambda: self._trading.post("/orders", dict(body)))

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Write something that is no order to the trading API, once: `POST` makes it, `PUT` replaces it."""
        send = {"POST": self._trading.post, "PUT": self._trading.put}[method]
        return _carried_out(lambda: send(path, dict(body)))

    def cancel(self, order_id: str) -> None:
        """Ask for a cancellation by Alpaca's id, once."""
        _carried_out(lambda: self._trading.delete(f"/orders/{order_id}"))

    def stocks(self, path: str, **query: Any) -> Any:
        """Read stock data (version 2)."""
        return _carried_out(lambda: self._stocks.get(path, _given(query)))

    def options(self, path: str, **query: Any) -> Any:
        """Read option data or news (version 1 beta 1)."""
        return _carried_out(lambda: self._options.get(path, _given(query)))

    def pages(self, read: Callable[..., Any], path: str, most: int, **query: Any) -> Iterator[Mapping[str, Any]]:
        """
        Every page of a paged answer.

        Raises:
            OutcomeUnknown: There are more than `most`.
        """
        token: str | None = None
        for _ in range(most):
            page = fields.mapping(read(path, **query, page_token=token), path)
            yield page
            token = fields.optional_text(page, "next_page_token")
            if token is None:
                return
        raise OutcomeUnknown(f"{path}: the answer has more than {most} pages")

    def _note(self, response: Any, *_: Any, **__: Any) -> None:
        headers = response.headers
        try:
            self.server_date = parsedate_to_datetime(headers["Date"]).timestamp()
        except (KeyError, ValueError):
            self.server_date = None
        limit = _rate_limit(headers)
        if limit is not None and self._told is not None:
            self._told(response.url, limit)


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    try:
        return RateLimit(
            int(headers["X-RateLimit-Limit"]),
            int(headers["X-RateLimit-Remaining"]),
            float(headers["X-RateLimit-Reset"]),
        )
    except (KeyError, ValueError):
        return None


def _carried_out(request: Callable[[], Any]) -> Any:
    """
    Do it once, and tell apart what an error means.

    Raises:
        Unavailable: It never left, or was turned away for its rate.
        Rejected, DuplicateOrder: The service refused for good.
        OutcomeUnknown: It may have been carried out.
    """
    try:
        return request()
    except APIError as error:
        raise of_status(_status_of(error), str(error)) from None
    except requests.exceptions.JSONDecodeError:
        raise OutcomeUnknown("the answer is no JSON") from None
    except requests.exceptions.RequestException as error:
        raise of_connection(error) from None


def _status_of(error: APIError) -> int | None:
    status = error.status_code
    return int(status) if status is not None else None


def of_status(status: int | None, body: str) -> PortError:
    """What an answer other than success means."""
    said = _message_of(body)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable(f"turned away, too many requests: {said}")
    if status is None or status < HTTPStatus.BAD_REQUEST or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknown(f"HTTP {status}: {said}")
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return OutcomeUnknown(f"HTTP {status}: {said}")
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and _NOT_UNIQUE in body:
        return DuplicateOrder(said)
    return Refused(said, status)


def of_connection(error: requests.exceptions.RequestException) -> PortError:
    """What a failed connection means: it never left only where no connection came to be."""
    why = type(error).__name__
    if isinstance(error, requests.exceptions.ConnectTimeout) or any(isinstance(e, _NEVER_LEFT) for e in _causes(error)):
        return Unavailable(f"no connection to the broker ({why})")
    return OutcomeUnknown(f"the connection failed before the answer was there ({why})")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if not isinstance(one, BaseException) or one in seen:
            continue
        seen.append(one)
        yield one
        todo += [one.__cause__, one.__context__, *one.args]
        if isinstance(one, MaxRetryError):
            todo.append(one.reason)


def _message_of(body: str) -> str:
    """The service's own words, short; a body that isn't JSON is told as such, not repeated."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "an answer that is no JSON"
    message = parsed.get("message") if isinstance(parsed, Mapping) else None
    return fields.shown(message).strip("'\"") if isinstance(message, str) else "no reason given"
