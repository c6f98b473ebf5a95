"""The identity of a ticket that a preview may make."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """Identity for a ticket that a preview may make: intent id, hash of the secret token, the caller's own words."""

    intent_id: str
    token_hash: str
    arguments: tuple[tuple[str, str], ...] = ()
