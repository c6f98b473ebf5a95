"""Counting and timing requests."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS: Final = frozenset({"GET", "POST", "DELETE", "OPTIONS", "HEAD"})
_REASONS: Final = ("host", "origin", "no_key", "wrong_key", "rate")
_OTHER: Final = "other"
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)


class RequestMetrics:
    """
    What the door counts; a path or method that is not ours is counted as `other`, so that labels stay few.

    `refused` goes by reason: host, origin, no_key, wrong_key, rate.
    """

    def __init__(self, registry: CollectorRegistry, paths: frozenset[str], seconds: Callable[[], float]) -> None:
        """Register with this registry; `paths` are ours, `seconds` never runs backwards."""
        # Else each counter is told twice, the second time with the time of its making.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._paths = paths
        self._seconds = seconds
        self._answered = Counter(
            "tradecore_http_requests", "Requests answered.", ("method", "path", "status"), registry=registry
        )
        self._latency = Histogram(
            "tradecore_http_request_seconds",
            "Seconds until an answer began.",
            ("path",),
            registry=registry,
            buckets=_BUCKETS_S,
        )
        self._refused = Counter(
            "tradecore_http_refused", "Requests refused at the door.", ("reason",), registry=registry
        )
        for reason in _REASONS:
            self._refused.labels(reason)

    def refuse(self, reason: str) -> None:
        """Count one refused request."""
        self._refused.labels(reason).inc()

    def measuring(self, app: ASGIApp) -> ASGIApp:
        """The same app, measured."""

        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            began = self._seconds()

            async def watched_send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._count(scope, message["status"], self._seconds() - began)
                await send(message)

            await app(scope, receive, watched_send)

        return measured

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        named = scope["path"] if route is None else getattr(route, "path", scope["path"])
        path = named if named in self._paths else _OTHER
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        self._answered.labels(method, path, str(status)).inc()
        self._latency.labels(path).observe(seconds)
