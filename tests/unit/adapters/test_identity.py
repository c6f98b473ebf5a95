"""Ids and tokens from the system: of the promised form, and never the same twice."""

import base64
import re

from adapters.system.identity import SystemIds


def test_intent_ids_are_sixteen_characters_that_every_venue_takes() -> None:
    ids = [SystemIds().intent_id() for _ in range(1000)]
    assert all(re.fullmatch(r"[a-z2-7]{16}", made) for made in ids)
    assert len(set(ids)) == 1000


def test_tokens_carry_256_bits_as_url_safe_text() -> None:
    tokens = [SystemIds().token() for _ in range(1000)]
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in tokens} == {32}
    assert len(set(tokens)) == 1000
