"""Tokens that are not the one that was issued, or that somebody else holds: none may be accepted."""

import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.still_market import StillMarket, in_a_still_market

from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer, RefusedAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import hash_token

ME: Final = "model"
ALPHABET: Final = string.ascii_letters + string.digits + "-_"
LATIN: Final = "AaBCcEeHIiKMOopPSsTXxyl1"
CYRILLIC: Final = (
    "\u0410\u0430\u0412\u0421\u0441\u0415\u0435\u041d\u0406\u0456\u041a\u041c"
    "\u041e\u043e\u0440\u0420\u0405\u0455\u0422\u0425\u0445\u04431l"
)
LOOK_ALIKES: Final = str.maketrans(LATIN, CYRILLIC)
"""Latin letters and the Cyrillic ones that look the same; l and 1 change places."""
SLIPS: Final = ("", " ", "\n", "\t", "\0", "=", "\u200b", "\ufeff", "\u202e", "%00", '"', "';--", "../")
NOBODY: Final = ("", "MODEL", "model ", "mode", "operator", "local:model", "\u200bmodel", "\u043codel")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call of `confirm` that must not be accepted."""

    kind: str
    token: str
    principal: str = ME
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Tickets:
    """What stands at the desk: a genuine ticket of mine, others that are open, and one that has expired."""

    genuine: PreviewAnswer
    other: PreviewAnswer
    expired: PreviewAnswer
    arguments: tuple[tuple[str, str], ...]

    @property
    def issued(self) -> frozenset[str]:
        """Every token that exists."""
        return frozenset({self.genuine.confirm_token, self.other.confirm_token, self.expired.confirm_token})


def flip_a_bit(token: str, chance: Random) -> str:
    place = chance.randrange(len(token))
    return token[:place] + chr(ord(token[place]) ^ (1 << chance.randrange(8))) + token[place + 1 :]


def cut(token: str, chance: Random) -> str:
    length = chance.randrange(1, len(token))
    return token[:length] if chance.random() < 0.5 else token[length:]


def change_case(token: str, chance: Random) -> str:
    whole = (str.lower, str.upper, str.swapcase)
    if chance.random() < 0.2:
        return chance.choice(whole)(token)
    place = chance.choice([n for n, letter in enumerate(token) if letter.isalpha()])
    return token[:place] + token[place].swapcase() + token[place + 1 :]


def swap(token: str, chance: Random) -> str:
    one, other = sorted(chance.sample(range(len(token)), 2))
    return token[:one] + token[other] + token[one + 1 : other] + token[one] + token[other + 1 :]


def substitute(token: str, chance: Random) -> str:
    place = chance.randrange(len(token))
    return token[:place] + chance.choice(ALPHABET) + token[place + 1 :]


def look_alike(token: str, chance: Random) -> str:
    if chance.random() < 0.3:
        return "".join(chr(ord(c) + 0xFEE0) if c in ALPHABET[:62] and chance.random() < 0.5 else c for c in token)
    return "".join(c.translate(LOOK_ALIKES) if chance.random() < 0.5 else c for c in token)


def slip_in(token: str, chance: Random) -> str:
    place = chance.choice((0, len(token), chance.randrange(len(token))))
    return token[:place] + chance.choice(SLIPS) + token[place:]


def made_up(token: str, chance: Random) -> str:
    return "".join(chance.choice(ALPHABET) for _ in token)


def very_long(token: str, chance: Random) -> str:
    return token * chance.randrange(2, 400)


def derived(token: str, chance: Random) -> str:
    forms = (
        hash_token(token),
        token[::-1],
        token.encode().hex(),
        unicodedata.normalize("NFKD", f"\ufb01{token}"),
        "",
        " ",
    )
    return chance.choice(forms)


ALTERATIONS: Final[dict[str, Callable[[str, Random], str]]] = {
    "bit flipped": flip_a_bit,
    "cut off": cut,
    "case changed": change_case,
    "characters swapped": swap,
    "character replaced": substitute,
    "look-alike": look_alike,
    "character slipped in": slip_in,
    "made up": made_up,
    "very long": very_long,
    "derived or empty": derived,
}


def an_attempt(tickets: Tickets, chance: Random) -> Attempt:
    """Something that is not the genuine token, from the principal it was issued to, with the arguments it was for."""
    draw = chance.random()
    genuine, mine = tickets.genuine.confirm_token, dict(tickets.arguments)
    if draw < 0.03:
        return Attempt("token of another principal", tickets.other.confirm_token)
    if draw < 0.06:
        return Attempt("expired", tickets.expired.confirm_token)
    if draw < 0.09:
        return Attempt("genuine from another principal", genuine, chance.choice(NOBODY))
    if draw < 0.15:
        name = chance.choice(sorted(mine))
        altered = chance.choice((flip_a_bit, slip_in, look_alike, very_long))(mine[name] + "x", chance)
        return Attempt("argument altered", genuine, given=((name, altered),))
    if draw < 0.18:
        return Attempt("argument of another request", genuine, given=((chance.choice(ALPHABET), "1"), *mine.items()))
    kind, alter = chance.choice(sorted(ALTERATIONS.items()))
    return Attempt(kind, alter(genuine, chance))


async def _tickets(scene: StillMarket) -> Tickets:
    expired = await scene.preview()
    await scene.pass_time(31)
    genuine = await scene.preview()
    arguments = (("contracts", "1"), ("strategy", f"s{scene.asked}"))
    return Tickets(genuine, await scene.preview("other"), expired, arguments)


async def _try_all(scene: StillMarket, share: Share, count: int, chance: Random) -> None:
    tickets = await _tickets(scene)
    while share.tried < count:
        attempt = an_attempt(tickets, chance)
        if attempt.token in tickets.issued and attempt.kind in ALTERATIONS:
            continue
        answer = await confirm(scene.floor, attempt.principal, attempt.token, dict(attempt.given))
        accepted = isinstance(answer, ConfirmAnswer) or bool(scene.broker.received)
        # The first time an expired ticket is named a fresh one is shown in its place, which is nothing sent.
        expected = PreviewAnswer | RefusedAnswer if attempt.kind == "expired" else RefusedAnswer
        wrong = accepted or not isinstance(answer, expected)
        share.count(attempt.kind, f"{attempt} answered {type(answer).__name__}" if wrong else None)
    given = dict(tickets.arguments)
    answer = await confirm(scene.floor, ME, tickets.genuine.confirm_token, given)
    works = isinstance(answer, ConfirmAnswer) and [order.client_order_id for order in scene.broker.received] == [
        f"tc-{tickets.genuine.intent_id}-0"
    ]
    if not works:
        share.fail(f"the genuine ticket does not work any more: {answer}")


def run(seed: int, count: int) -> Share:
    """Try `count` tokens at one desk, then the genuine one."""
    share, chance = Share(seed), Random(seed)

    async def story(scene: StillMarket) -> None:
        await _try_all(scene, share, count, chance)

    in_a_still_market(seed, story, delay=lambda: 0.0)
    return share


CAMPAIGN: Final = Campaign("altered-tokens", "altered tokens", "accepted", 1_000_000, 5_000, run)
