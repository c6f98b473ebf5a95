"""Traces as OpenTelemetry spans, exported over OTLP/HTTP by a thread of their own."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tradecore.ports.tracing import Tracing

_TRACES: Final = "/v1/traces"
_EXPORT_WITHIN_S: Final = 2
_EACH_MS: Final = 1000
_PARENT: Final = "traceparent"


class OpenTelemetryTracing(Tracing):
    """
    Spans of one process.

    Also the process's global provider, so that the spans which the MCP SDK opens for each request are the parents of
    ours. Spans wait in a queue of bounded length; what does not fit, or can't be delivered, is dropped.
    """

    def __init__(self, exporter: SpanExporter, version: str) -> None:
        """Export with this exporter, once a second."""
        resource = Resource.create({"service.name": "tradecore", "service.version": version})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_EACH_MS))
        self._tracer = self._provider.get_tracer("tradecore", version)
        self._texts = TraceContextTextMapPropagator()
        trace.set_tracer_provider(self._provider)

    def span(
        self, name: str, facts: Mapping[str, str] | None = None, *, under: str | None = None
    ) -> AbstractContextManager[object]:
        """A span; `under` is a W3C traceparent."""
        parent: Context | None = None if under is None else self._texts.extract({_PARENT: under}, Context())
        return self._tracer.start_as_current_span(name, parent, attributes=dict(facts or {}))

    @property
    def trace_id(self) -> str | None:
        """The present trace."""
        found = trace.get_current_span().get_span_context()
        return format(found.trace_id, "032x") if found.is_valid else None

    @property
    def place(self) -> str | None:
        """The present span as a traceparent."""
        carrier: dict[str, str] = {}
        self._texts.inject(carrier)
        return carrier.get(_PARENT)

    def close(self) -> None:
        """Deliver what waits, within seconds."""
        self._provider.shutdown()


def otlp_exporter(endpoint: str) -> SpanExporter:
    """An exporter to a collector's base address."""
    return OTLPSpanExporter(endpoint.rstrip("/") + _TRACES, timeout=_EXPORT_WITHIN_S)
