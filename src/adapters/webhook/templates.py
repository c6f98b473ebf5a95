"""What each kind of receiver wants to be sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

import orjson

from adapters.webhook.texts import is_urgent, lines, printable, said, title
from tradecore.model.alerts import Severity
from tradecore.model.money import Money
from tradecore.model.notices import Notice

_LONGEST_DISCORD: Final = 2000
_LONGEST_TELEGRAM: Final = 4096
_JSON: Final = {"Content-Type": "application/json"}
_COLOURS: Final = {Severity.INFO: 0x2E86C1, Severity.WARNING: 0xF39C12, Severity.CRITICAL: 0xC0392B}
_PRIORITIES: Final = {Severity.INFO: "3", Severity.WARNING: "4", Severity.CRITICAL: "5"}
_TAGS: Final = {Severity.INFO: "information_source", Severity.WARNING: "warning", Severity.CRITICAL: "rotating_light"}


@dataclass(frozen=True, slots=True)
class Post:
    """One request: where to, with which body and headers."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: dict(_JSON))


def as_json(url: str, notice: Notice) -> Post:
    """Everything as fields; money as text with two places, `untrusted_text` is data from outside."""
    body = {
        "id": notice.alert_id,
        "severity": str(notice.severity),
        "code": notice.code,
        "title": title(notice),
        "message": printable(notice.message, 1000),
        "at": notice.at.isoformat(),
        "account": notice.account,
        "mode": notice.mode,
        "state": notice.state,
        "day_pnl": _amount(notice.day_pnl),
        "budget_left": _amount(notice.budget_left),
        "open_groups": list(notice.open_groups),
        "did": notice.did,
        "next": notice.next_step,
        "times": notice.times,
        "reminder": notice.is_reminder,
    }
    return Post(url, orjson.dumps(body | ({"untrusted_text": said(notice)} if notice.said else {})))


def as_slack(url: str, notice: Notice) -> Post:
    """An incoming webhook: plain text that names nobody, no link unfolded."""
    text = "\n".join((title(notice), *lines(notice)))
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Post(url, orjson.dumps({"text": escaped, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}))


def as_discord(url: str, notice: Notice) -> Post:
    """A webhook: one embed, nobody mentioned whatever the text says."""
    told = "\n".join(_markdown(line) for line in lines(notice))
    embed = {
        "title": _markdown(title(notice))[:256],
        "description": printable_lines(told, _LONGEST_DISCORD),
        "color": _COLOURS[notice.severity],
        "timestamp": notice.at.isoformat(),
    }
    return Post(url, orjson.dumps({"embeds": [embed], "allowed_mentions": {"parse": []}}))


def as_telegram(url: str, notice: Notice) -> Post:
    """`sendMessage` of a bot: plain text; `chat_id` (and `message_thread_id`) come from the address."""
    parts = urlsplit(url)
    wanted: dict[str, Any] = {name: values[0] for name, values in parse_qs(parts.query).items()}
    text = printable_lines("\n".join((title(notice), *lines(notice))), _LONGEST_TELEGRAM)
    body = wanted | {
        "text": text,
        "link_preview_options": {"is_disabled": True},
        "disable_notification": not is_urgent(notice) and notice.severity is Severity.INFO,
    }
    return Post(urlunsplit(parts._replace(query="")), orjson.dumps(body))


def as_ntfy(url: str, notice: Notice) -> Post:
    """A topic: plain text with title, priority and tag as headers."""
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Title": title(notice).encode("ascii", "replace").decode(),
        "Priority": _PRIORITIES[notice.severity],
        "Tags": _TAGS[notice.severity],
        "Markdown": "no",
    }
    return Post(url, "\n".join(lines(notice)).encode(), headers)


TEMPLATES: Final[Mapping[str, Callable[[str, Notice], Post]]] = {
    "json": as_json,
    "slack": as_slack,
    "discord": as_discord,
    "telegram": as_telegram,
    "ntfy": as_ntfy,
}


def printable_lines(text: str, longest: int) -> str:
    """At most so long, cut at the end."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _markdown(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\*_~`|>[]()#" else sign for sign in text)


def _amount(amount: Money | None) -> str | None:
    return None if amount is None else f"{amount.amount:.2f}"
