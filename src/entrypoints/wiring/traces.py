"""Where a process's traces go."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from entrypoints.settings import Settings, SettingsError
from tradecore import __version__
from tradecore.ports.tracing import NO_TRACING, Tracing

NO_SDK: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT: the OpenTelemetry SDK is not installed; "
    "install tradecore with its extra: pip install 'tradecore[tracing]'"
)


@contextmanager
def tracing(settings: Settings) -> Iterator[Tracing]:
    """
    Trace to the collector at OTEL_EXPORTER_OTLP_ENDPOINT while the body runs; nothing where none is named.

    Raises:
        SettingsError: The SDK is not installed.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        yield NO_TRACING
        return
    try:
        # Its libraries take a while to load, which only who traces should wait for.
        from adapters.opentelemetry.tracing import OpenTelemetryTracing, otlp_exporter
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "opentelemetry":
            raise
        raise SettingsError(NO_SDK) from None
    traces = OpenTelemetryTracing(otlp_exporter(settings.otel_exporter_otlp_endpoint), __version__)
    try:
        yield traces
    finally:
        traces.close()
