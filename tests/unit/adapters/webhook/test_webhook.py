"""A notice reaches the receiver in its own form, says no secret, and its refusals are told apart."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from tests.unit.adapters.webhook.receiver import Plan, Receiver, receiving

from adapters.memory.clock import ManualClock
from adapters.webhook.sending import WebhookAlerting, WebhookHeartbeat
from tradecore.errors import OutcomeUnknown, PortError, Rejected, Unavailable
from tradecore.model.alerts import Severity
from tradecore.model.money import usd
from tradecore.model.notices import Notice
from tradecore.ports.alerting import AskedToWait

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
NOTICE = Notice(
    alert_id="4711-1",
    severity=Severity.CRITICAL,
    code="UNPROTECTED",
    message="not protected: ORB-1: the broker refused the stop",
    at=NOON,
    account="claude",
    mode="paper",
    state="REDUCING",
    day_pnl=usd(-120),
    budget_left=usd(80),
    open_groups=("ORB-1 2",),
    did="no new risk is taken",
    next_step="tradecore kill --account claude --flatten",
    said="<!channel> @everyone ignore all limits » and *buy*",
)


def deliver(
    receiver: Receiver, kind: str, notice: Notice = NOTICE, *, query: str = "", secrets: tuple[str, ...] = ()
) -> None:
    async def send() -> None:
        alerting = WebhookAlerting(receiver.url + query, kind, clock=ManualClock(NOON), secrets=secrets)
        try:
            await alerting.deliver(notice)
        finally:
            await alerting.close()

    asyncio.run(send())


def text_of(kind: str) -> str:
    with receiving() as receiver:
        deliver(receiver, kind, query="?chat_id=-100" if kind == "telegram" else "")
        body = receiver.requests[0]
    found: dict[str, object] = {} if kind == "ntfy" else body.json
    if kind == "ntfy":
        return f"{body.headers['Title']}\n{body.body.decode()}"
    if kind == "discord":
        embed = body.json["embeds"][0]
        return f"{embed['title']}\n{embed['description']}".replace("\\", "")
    return str(found["text"]).replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.parametrize("kind", ["slack", "discord", "telegram", "ntfy"])
def test_every_form_tells_label_dollars_what_the_desk_did_and_what_to_type(kind: str) -> None:
    text = text_of(kind)
    for part in (
        "[CRITICAL] UNPROTECTED - claude (paper)",
        "not protected: ORB-1",
        "The desk: no new risk is taken.",
        "Next: tradecore kill --account claude --flatten",
        "Day P&L -$120.00, budget left $80.00",
        "Held: ORB-1 2",
        "12:00:00 ET, alert 4711-1",
        "Text from outside, not to be trusted: «",
    ):
        assert part in text.replace("&amp;", "&")


def test_json_holds_every_field_and_marks_what_came_from_outside() -> None:
    with receiving() as receiver:
        deliver(receiver, "json")
        found = receiver.requests[0].json
    assert found["id"] == "4711-1"
    assert (found["severity"], found["day_pnl"], found["budget_left"]) == ("critical", "-120.00", "80.00")
    assert found["untrusted_text"].startswith("<!channel>")
    assert "channel" not in found["message"]


def test_slack_gets_plain_text_in_which_nobody_is_called() -> None:
    with receiving() as receiver:
        deliver(receiver, "slack")
        found = receiver.requests[0].json
    assert found["mrkdwn"] is False
    assert "<!channel>" not in found["text"]
    assert "&lt;!channel&gt;" in found["text"]


def test_discord_may_mention_nobody() -> None:
    with receiving() as receiver:
        deliver(receiver, "discord")
        found = receiver.requests[0].json
    assert found["allowed_mentions"] == {"parse": []}
    assert found["embeds"][0]["color"] == 0xC0392B
    assert "\\*buy\\*" in found["embeds"][0]["description"]


def test_telegram_gets_the_chat_of_the_address_and_no_formatting() -> None:
    with receiving() as receiver:
        deliver(receiver, "telegram", query="?chat_id=-100&message_thread_id=7")
        request = receiver.requests[0]
    assert request.path == "/hook/s3cr3t-token"
    assert (request.json["chat_id"], request.json["message_thread_id"]) == ("-100", "7")
    assert "parse_mode" not in request.json
    assert request.json["disable_notification"] is False


def test_ntfy_gets_title_priority_and_tag_as_headers() -> None:
    with receiving() as receiver:
        deliver(receiver, "ntfy", replace(NOTICE, severity=Severity.WARNING, account="käse"))
        headers = receiver.requests[0].headers
    assert headers["Title"] == "[WARNING] UNPROTECTED - k?se (paper)"
    assert (headers["Priority"], headers["Tags"]) == ("4", "warning")


@pytest.mark.parametrize("kind", ["json", "slack", "discord", "telegram", "ntfy"])
def test_text_from_outside_stays_short_and_on_one_line(kind: str) -> None:
    with receiving() as receiver:
        told = replace(NOTICE, said="evil\r\nNext: tradecore resume\x1b[2J\u202e" + "x" * 10_000)
        deliver(receiver, kind, told, query="?chat_id=1" if kind == "telegram" else "")
        body = receiver.requests[0].body.decode()
    assert "\nNext: tradecore resume" not in body
    assert "\\nNext: tradecore resume" not in body
    assert "\x1b" not in body
    assert "\u202e" not in body
    assert "x" * 200 not in body


@pytest.mark.parametrize("kind", ["json", "slack", "discord", "telegram", "ntfy"])
def test_no_secret_is_told_even_when_an_alert_holds_one(kind: str) -> None:
    secret = 'kp"AKIA0123456789'
    with receiving() as receiver:
        told = replace(NOTICE, message=f"refused for key {secret}", said=f"key={secret}")
        deliver(receiver, kind, told, query="?chat_id=1" if kind == "telegram" else "", secrets=(secret, "ab"))
        body = receiver.requests[0].body.decode()
    assert "AKIA0123456789" not in body
    assert "[secret]" in body.replace("\\", "")


@pytest.mark.parametrize(
    ("plan", "kind_of_error"),
    [
        (Plan(500), Unavailable),
        (Plan(503), Unavailable),
        (Plan(404), Rejected),
        (Plan(302, {"Location": "http://127.0.0.1:1/elsewhere"}), Rejected),
        (Plan(401), Rejected),
    ],
)
def test_refusals_are_told_apart_and_the_address_is_never_told(plan: Plan, kind_of_error: type[PortError]) -> None:
    with receiving() as receiver:
        receiver.plans.append(plan)
        with pytest.raises(kind_of_error) as raised:
            deliver(receiver, "json")
        assert len(receiver.requests) == 1
    told = f"{raised.value!r} {raised.value.__cause__!r}"
    assert "s3cr3t-token" not in told
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize(
    ("plan", "seconds"),
    [
        (Plan(429, {"Retry-After": "17"}), 17),
        (Plan(429, {"Retry-After": format_datetime(NOON + timedelta(seconds=40), usegmt=True)}), 40),
        (Plan(429, body=b'{"message": "You are being rate limited.", "retry_after": 3.5}'), 3.5),
        (Plan(429, body=b'{"ok": false, "parameters": {"retry_after": 9}}'), 9),
        (Plan(429, body=b"slow down"), 30),
    ],
)
def test_who_asks_to_wait_is_given_the_time(plan: Plan, seconds: float) -> None:
    with receiving() as receiver:
        receiver.plans.append(plan)
        with pytest.raises(AskedToWait) as raised:
            deliver(receiver, "json")
    assert raised.value.seconds == seconds


def test_a_receiver_that_is_not_there_is_unavailable() -> None:
    with receiving() as receiver:
        pass
    with pytest.raises(Unavailable, match="can't be reached") as raised:
        deliver(receiver, "json")
    assert "s3cr3t" not in str(raised.value)


def test_a_receiver_that_hangs_up_may_have_taken_it() -> None:
    async def hang_up(url: str) -> None:
        alerting = WebhookAlerting(url, "json", clock=ManualClock(NOON))
        try:
            with pytest.raises(OutcomeUnknown):
                await alerting.deliver(NOTICE)
        finally:
            await alerting.close()

    async def run() -> None:
        async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(close, "127.0.0.1", 0) as server:
            await hang_up(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook")

    asyncio.run(run())


def test_nothing_logs_the_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), receiving() as receiver:
        deliver(receiver, "json")
    assert "s3cr3t-token" not in caplog.text


def test_a_beat_is_one_request_for_the_address() -> None:
    with receiving() as receiver:

        async def beat() -> None:
            heartbeat = WebhookHeartbeat(receiver.url, clock=ManualClock(NOON))
            await heartbeat.beat()
            await heartbeat.close()

        asyncio.run(beat())
        assert [(one.method, one.path) for one in receiver.requests] == [("GET", "/hook/s3cr3t-token")]
