"""
One journal entry as one line of JSON, chained by hash.

A line is `{"seq":N,"prev":"<hex>","at":"…","kind":"…","body":{…},"hash":"<hex>"}` and a newline. The hash is SHA-256
over every byte of the line before `,"hash":"`; because `prev` is among them, a change anywhere breaks the chain from
there on.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

import orjson

from tradecore.model.encoding import Json

ZERO_HASH: Final = "0" * 64
_MARK: Final = b',"hash":"'
_TAIL: Final = b'"}'
_TAIL_LENGTH: Final = len(_MARK) + 64 + len(_TAIL)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read and whose own hash holds."""

    seq: int
    prev: str
    at: str
    kind: str
    body: Json
    hash: str


def write_line(seq: int, prev: str, at: str, kind: str, body: Json) -> tuple[bytes, str]:
    """The line's bytes, newline included, and its hash."""
    payload = orjson.dumps({"seq": seq, "prev": prev, "at": at, "kind": kind, "body": body})[:-1]
    digest = hashlib.sha256(payload).hexdigest()
    return payload + _MARK + digest.encode() + _TAIL + b"\n", digest


def read_line(raw: bytes) -> Line | None:
    """A line without its newline, or None when it is not one that `write_line` made."""
    if len(raw) <= _TAIL_LENGTH or not raw.endswith(_TAIL):
        return None
    payload, tail = raw[:-_TAIL_LENGTH], raw[-_TAIL_LENGTH:]
    digest = tail[len(_MARK) : -len(_TAIL)].decode("ascii", "replace")
    if not tail.startswith(_MARK) or hashlib.sha256(payload).hexdigest() != digest:
        return None
    try:
        found = orjson.loads(payload + b"}")
        return Line(found["seq"], found["prev"], found["at"], found["kind"], found["body"], digest)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
