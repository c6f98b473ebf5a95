"""Telling a person of alerts, and a service outside that the desk lives, beside a standing desk."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final

from pydantic import SecretStr

from adapters.system.time import SystemClock
from adapters.webhook.sending import WebhookAlerting, WebhookHeartbeat
from entrypoints.settings import Settings
from entrypoints.wiring.desk_house import DeskHouse
from tradecore.model.alerts import Severity
from tradecore.ports.alerting import Alerting, Heartbeat
from tradecore.ports.clock import Clock
from tradecore.usecases.alert_book import AlertDeliveryState
from tradecore.usecases.alert_delivery import AlertDelivery, a_test_notice
from tradecore.usecases.beating import Beating

_LAST_WORDS_S: Final = 5.0
_AGAIN_AFTER_S: Final = 5.0
_Work = Callable[[], Coroutine[Any, Any, None]]
_log = logging.getLogger(__name__)


@asynccontextmanager
async def alerts_beside(house: DeskHouse, settings: Settings) -> AsyncIterator[None]:
    """
    Deliver alerts and beat while the body runs, where the settings say whereto; afterwards tell what was not told yet.

    A fault of it ends no desk: it is logged, and delivering begins anew.
    """
    floor = house.floor
    alerting, heartbeat = _alerting(settings, house.wall), _heartbeat(settings, house.wall)
    async with AsyncExitStack() as ends:
        works: list[_Work] = []
        if alerting is not None:
            ends.push_async_callback(alerting.close)
            delivery = AlertDelivery(
                floor,
                alerting,
                kind=settings.alert_webhook_kind,
                at_least=Severity(settings.alert_min_severity),
                repeat_s=settings.alert_repeat_interval,
            )
            ends.push_async_callback(delivery.last_words, _LAST_WORDS_S)
            works.append(delivery.deliver_again_and_again)
        if heartbeat is not None:
            ends.push_async_callback(heartbeat.close)
            state = floor.alert_book.delivery or AlertDeliveryState("")
            floor.alert_book.delivery = state
            works.append(Beating(floor, heartbeat, state, every_s=settings.heartbeat_interval).beat_again_and_again)
        running = asyncio.create_task(_run(works))
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def post_test_alert(settings: Settings) -> str:
    """
    Post one alert that says it is a test, and beat once where there is a HEARTBEAT_URL; what was done.

    Raises:
        PortError: The receiver did not take it.
    """
    clock = SystemClock()
    alerting, heartbeat = _alerting(settings, clock), _heartbeat(settings, clock)
    done = []
    async with AsyncExitStack() as ends:
        if alerting is not None:
            ends.push_async_callback(alerting.close)
            await alerting.deliver(a_test_notice(clock.now(), "any", settings.mode))
            done.append(f"{settings.alert_webhook_kind} took a test alert; look whether it is on your screen")
        if heartbeat is not None:
            ends.push_async_callback(heartbeat.close)
            await heartbeat.beat()
            done.append("the heartbeat was taken")
    return "; ".join(done) or "nothing is configured: set ALERT_WEBHOOK_URL"


def _alerting(settings: Settings, clock: Clock) -> Alerting | None:
    url = settings.alert_webhook_url
    if url is None:
        return None
    return WebhookAlerting(
        url.get_secret_value(), settings.alert_webhook_kind, clock=clock, secrets=_secrets_of(settings)
    )


def _heartbeat(settings: Settings, clock: Clock) -> Heartbeat | None:
    url = settings.heartbeat_url
    return None if url is None else WebhookHeartbeat(url.get_secret_value(), clock=clock)


def _secrets_of(settings: Settings) -> list[str]:
    found = (getattr(settings, field) for field in settings.secret_fields())
    texts = [value.get_secret_value() for value in found if isinstance(value, SecretStr)]
    return [*texts, *(key.get_secret_value() for key in settings.each_http_key)]


async def _run(works: Sequence[_Work]) -> None:
    while works:
        try:
            async with asyncio.TaskGroup() as group:
                for work in works:
                    group.create_task(work())
        except* Exception:  # noqa: BLE001 - who only tells must not end what guards positions
            _log.exception("telling of alerts failed and begins anew")
        await asyncio.sleep(_AGAIN_AFTER_S)
