"""Posting notices, and beating, over HTTP; the address is a secret and never told."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2
import orjson

from adapters.webhook.templates import TEMPLATES, Post
from tradecore.errors import OutcomeUnknown, Rejected, Unavailable
from tradecore.model.notices import Notice
from tradecore.ports.alerting import Alerting, AskedToWait, Heartbeat
from tradecore.ports.clock import Clock

_TIMEOUT: Final = httpx2.Timeout(10.0, connect=5.0)
_ASKED_BY_DEFAULT_S: Final = 30.0
_HIDDEN: Final = "[secret]"
_SHORTEST_SECRET: Final = 6
_LONGEST_BODY: Final = 64 * 1024


class WebhookAlerting(Alerting):
    """
    Posts each notice to one webhook, in the receiver's own form.

    `secrets` are hidden wherever a notice should hold one.
    """

    def __init__(self, url: str, kind: str, *, clock: Clock, secrets: Iterable[str] = ()) -> None:
        """Connect to nothing yet; `kind` is one of TEMPLATES, `clock` is the machine's."""
        self._url = url
        self._template = TEMPLATES[kind]
        self._clock = clock
        self._secrets = tuple(
            sorted({secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)
        )
        self._client = _client()

    async def deliver(self, notice: Notice) -> None:
        """One POST; 2xx is the receiver's yes."""
        post = self._template(self._url, notice)
        answer = await _sent(self._client, "POST", Post(post.url, self._hidden(post.body), post.headers))
        _judge(answer, self._clock)

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    def _hidden(self, body: bytes) -> bytes:
        for secret in self._secrets:
            for form in {secret.encode(), orjson.dumps(secret)[1:-1]}:
                body = body.replace(form, _HIDDEN.encode())
        return body


class WebhookHeartbeat(Heartbeat):
    """One GET a beat, as healthchecks.io and its like ask for."""

    def __init__(self, url: str, *, clock: Clock) -> None:
        """Connect to nothing yet."""
        self._post = Post(url, b"", {})
        self._clock = clock
        self._client = _client()

    async def beat(self) -> None:
        """Ask for the address once."""
        _judge(await _sent(self._client, "GET", self._post), self._clock)

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()


def _client() -> httpx2.AsyncClient:
    for name in ("httpx2", "httpcore2"):
        # Both log whole addresses below this level.
        logging.getLogger(name).setLevel(logging.WARNING)
    limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30)
    return httpx2.AsyncClient(timeout=_TIMEOUT, limits=limits, follow_redirects=False)


async def _sent(client: httpx2.AsyncClient, method: str, post: Post) -> httpx2.Response:
    # The errors of the library name the address; ours are raised from nothing.
    try:
        async with client.stream(method, post.url, content=post.body or None, headers=dict(post.headers)) as answer:
            answer.extensions["beginning"] = await _beginning(answer)
            return answer
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as problem:
        why = type(problem).__name__
    except httpx2.TimeoutException:
        raise OutcomeUnknown("the receiver took it and did not answer in time") from None
    except httpx2.TransportError as problem:
        raise OutcomeUnknown(f"the connection broke: {type(problem).__name__}") from None
    except (httpx2.InvalidURL, ValueError):
        raise Rejected("the address can't be used") from None
    raise Unavailable(f"the receiver can't be reached: {why}") from None


async def _beginning(answer: httpx2.Response) -> bytes:
    found = b""
    async for chunk in answer.aiter_bytes():
        found += chunk
        if len(found) > _LONGEST_BODY:
            break
    return found[:_LONGEST_BODY]


def _judge(answer: httpx2.Response, clock: Clock) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    if status == 429:
        seconds = _asked_for(answer, clock.now())
        raise AskedToWait(f"the receiver asks to wait {seconds:g} s (429)", seconds)
    if status >= 500 or status == 408:
        raise Unavailable(f"the receiver answered {status}")
    raise Rejected(f"the receiver refused: {status}; see ALERT_WEBHOOK_URL and ALERT_WEBHOOK_KIND")


def _asked_for(answer: httpx2.Response, now: datetime) -> float:
    """Seconds to wait: the header as seconds or date, else what Discord or Telegram say in the body."""
    told = answer.headers.get("Retry-After", "").strip()
    with suppress(ValueError):
        return max(float(told), 0.0)
    with suppress(ValueError, TypeError):
        return max((parsedate_to_datetime(told) - now).total_seconds(), 0.0)
    with suppress(orjson.JSONDecodeError, ValueError, TypeError, KeyError, AttributeError):
        found: Any = orjson.loads(answer.extensions["beginning"])
        return max(float(found.get("retry_after") or found["parameters"]["retry_after"]), 0.0)
    return _ASKED_BY_DEFAULT_S
