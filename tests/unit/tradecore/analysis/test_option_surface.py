import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from adapters.simulated.price_path import PricePath, seeded_day
from tradecore.analysis import hash_noise, option_surface
from tradecore.analysis.hash_noise import bits_array, bits_at, stream_key
from tradecore.analysis.option_surface import ChainQuotes, OptionSurface
from tradecore.analysis.pricing import greeks

SEEDS = range(50)
_STRIKES = np.arange(583.0, 614.0)
_COUNT = _STRIKES.size
# (spot, minutes to expiry, seconds since the open) from the first second to expiry itself.
_MOMENTS = [
    (598.0, 390.0, 0),
    (598.37, 385.5, 270),
    (601.2, 320.0, 4_200),
    (594.49, 120.25, 16_185),
    (597.995, 20.0, 22_200),
    (603.0, 1.0, 23_340),
    (598.5, 0.0, 23_400),
]
_DIGEST_PROGRAM = """
import hashlib
from tradecore.analysis.option_surface import OptionSurface
surface = OptionSurface(seed=9, strikes_dollars=[float(k) for k in range(583, 614)])
digest = hashlib.sha256()
for step in range(0, 20000, 500):
    for column in surface.quote_arrays(598.0 + step / 9000.0, 390.0 - step / 60.0, step):
        digest.update(column.tobytes())
print(digest.hexdigest())
"""


def _surface(seed: int) -> OptionSurface:
    return OptionSurface(seed=seed, strikes_dollars=_STRIKES)


def _all_quotes() -> list[tuple[OptionSurface, tuple[float, float, int], ChainQuotes]]:
    surfaces = [_surface(seed) for seed in SEEDS]
    return [(surface, moment, surface.quote_arrays(*moment)) for surface, moment in product(surfaces, _MOMENTS)]


def test_quotes_are_never_crossed_and_always_offer_something() -> None:
    for _, _, quotes in _all_quotes():
        assert {column.dtype for column in quotes} == {np.dtype(np.int64)}
        assert {column.shape for column in quotes} == {(2 * _COUNT,)}
        assert (quotes.bid_cents >= 0).all()
        assert (quotes.ask_cents >= 1).all()
        assert (quotes.ask_cents > quotes.bid_cents).all()


def test_sizes_are_five_to_three_hundred_contracts_and_zero_only_without_a_bid() -> None:
    seen: set[int] = set()
    for _, _, quotes in _all_quotes():
        has_bid = quotes.bid_cents > 0
        sizes = np.concatenate((quotes.bid_size[has_bid], quotes.ask_size))
        assert ((sizes >= 5) & (sizes <= 300)).all()
        assert (quotes.bid_size[~has_bid] == 0).all()
        seen.update(sizes.tolist())
    assert {5, 300} <= seen


def test_mids_are_monotone_in_strike_within_one_tick() -> None:
    for _, _, quotes in _all_quotes():
        mid = (quotes.bid_cents + quotes.ask_cents) / 2
        assert (np.diff(mid[:_COUNT]) <= 1.0).all()
        assert (np.diff(mid[_COUNT:]) >= -1.0).all()


def test_model_prices_are_monotone_and_convex_in_strike() -> None:
    for surface, moment in product([_surface(seed) for seed in SEEDS], _MOMENTS):
        prices = surface.model_prices(*moment)
        calls, puts = prices[:_COUNT], prices[_COUNT:]
        assert (np.diff(calls) <= 1e-12).all()
        assert (np.diff(puts) >= -1e-12).all()
        assert (np.diff(calls, 2) >= -1e-11).all()
        assert (np.diff(puts, 2) >= -1e-11).all()


def test_call_and_put_quotes_respect_parity_within_their_spreads() -> None:
    for _, (spot, minutes, _), quotes in _all_quotes():
        forward = 100.0 * (spot - _STRIKES * np.exp(-0.04 * minutes / 525_600))
        buy_call_sell_put = quotes.ask_cents[:_COUNT] - quotes.bid_cents[_COUNT:]
        sell_call_buy_put = quotes.bid_cents[:_COUNT] - quotes.ask_cents[_COUNT:]
        assert (buy_call_sell_put >= forward - 0.5).all()
        assert (sell_call_buy_put <= forward + 0.5).all()


def test_quotes_surround_the_model_price_within_the_noise() -> None:
    for surface, moment, quotes in _all_quotes():
        cents = 100.0 * surface.model_prices(*moment)
        assert (quotes.bid_cents <= cents + 0.2).all()
        assert (quotes.ask_cents >= cents - 0.2).all()


def test_cheap_options_near_the_money_are_one_or_two_cents_wide_in_quiet_hours() -> None:
    near_a_dollar: list[int] = []
    for surface in (_surface(seed) for seed in SEEDS):
        for spot, minutes, step in ((598.0, 380.0, 600), (598.4, 200.0, 11_400), (597.7, 45.0, 20_700)):
            quotes = surface.quote_arrays(spot, minutes, step)
            spread = quotes.ask_cents - quotes.bid_cents
            near = np.abs(surface.strikes_dollars - spot) <= 2.0
            cheap = near & (quotes.ask_cents < 300)
            assert set(np.unique(spread[cheap])) <= {1, 2}
            near_a_dollar += spread[cheap & (np.abs(quotes.ask_cents - 101) < 12)].tolist()
    assert np.median(near_a_dollar) == 2


def test_spreads_grow_with_price_and_at_both_ends_of_the_session() -> None:
    def widths(minutes: float, step: int, index: int) -> float:
        quotes = [_surface(seed).quote_arrays(598.0, minutes, step) for seed in SEEDS]
        return float(np.mean([q.ask_cents[index] - q.bid_cents[index] for q in quotes]))

    at_the_money, deep = 15, 2
    quiet = widths(200.0, 11_400, at_the_money)
    assert widths(200.0, 11_400, deep) > 3.0 * quiet
    assert widths(389.9, 6, at_the_money) > quiet + 0.5
    assert widths(1.0, 23_340, at_the_money) > widths(31.0, 21_540, at_the_money)


def test_smile_has_put_skew_a_plausible_level_and_wings_that_steepen_into_expiry() -> None:
    for surface in (_surface(seed) for seed in SEEDS):
        levels = [surface.at_the_money_volatility(step) for step in range(0, 23_400, 60)]
        assert min(levels) > 0.12
        assert max(levels) < 0.25
        assert max(levels) - min(levels) > 0.005
        assert np.abs(np.diff(levels)).max() < 0.002
        early, late = surface.volatilities(598.0, 300.0, 5_400), surface.volatilities(598.0, 15.0, 22_500)
        np.testing.assert_array_equal(early[:_COUNT], early[_COUNT:])
        assert early[7] > early[23] > early[15]
        assert late[7] / late[15] > early[7] / early[15]
        assert late[23] / late[15] > early[23] / early[15]


def test_options_are_worth_their_intrinsic_value_at_expiry() -> None:
    prices = _surface(1).model_prices(598.5, 0.0, 23_400)
    np.testing.assert_array_equal(prices[[15, 16, _COUNT + 15, _COUNT + 16]], [0.5, 0.0, 0.0, 0.5])


def test_one_quote_equals_its_entry_in_the_chain() -> None:
    rng = np.random.default_rng(20_240_607)
    for seed in SEEDS:
        surface = _surface(seed)
        for _ in range(6):
            step = int(rng.integers(0, 23_400))
            spot = float(rng.normal(598.0, 4.0)) if rng.random() < 0.8 else float(rng.integers(590, 606))
            minutes = float(rng.choice([390.0 - step / 60.0, rng.uniform(0.0, 5.0), 0.0]))
            chain = surface.quote_arrays(spot, minutes, step)
            for index in rng.permutation(2 * _COUNT).tolist():
                single = surface.quote_one(index, spot, minutes, step)
                assert single == tuple(int(column[index]) for column in chain)


def test_one_quote_takes_the_chain_entry_when_the_rounding_is_a_near_tie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(option_surface, "_ROUNDING_GUARD", 2.0)
    surface = _surface(2)
    chain = surface.quote_arrays(598.2, 100.0, 17_400)
    assert surface.quote_one(16, 598.2, 100.0, 17_400) == tuple(int(column[16]) for column in chain)


def test_scalar_and_array_prices_agree_far_inside_the_rounding_guard() -> None:
    for seed, (spot, minutes, step) in product(range(10), _MOMENTS):
        surface = _surface(seed)
        array = surface.model_prices(spot, minutes, step)
        sides = np.where(surface.is_call, 1.0, -1.0).tolist()
        strikes = surface.strikes_dollars.tolist()
        scalar = [
            surface._scalar_price(strike, side, spot, minutes, step)
            for strike, side in zip(strikes, sides, strict=True)
        ]
        np.testing.assert_allclose(scalar, array, rtol=0.0, atol=1e-11)


def test_quotes_do_not_depend_on_the_order_of_calls() -> None:
    forwards, backwards = _surface(7), _surface(7)
    first = [forwards.quote_one(index, 598.3, 200.0, 11_400) for index in range(2 * _COUNT)]
    second = [backwards.quote_one(index, 598.3, 200.0, 11_400) for index in reversed(range(2 * _COUNT))]
    assert first == second[::-1]


def test_different_seeds_and_steps_give_different_quotes() -> None:
    chains = [_surface(seed).quote_arrays(598.3, 200.0, step) for seed, step in ((1, 60), (2, 60), (1, 61))]
    assert len({chain.ask_size.tobytes() for chain in chains}) == 3


def test_same_seed_gives_the_same_quotes_in_processes_with_different_hash_seeds() -> None:
    source = Path(hash_noise.__file__).parents[2]
    outputs = set()
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(source)}
        command = [sys.executable, "-c", _DIGEST_PROGRAM]
        outputs.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(outputs) == 1


def test_noise_bits_follow_the_published_generator() -> None:
    # The first outputs of SplitMix64 from state 1234567, as published with the reference implementation's test vectors.
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert bits_array(1_234_567, 4).tolist() == expected
    assert [bits_at(1_234_567, index) for index in range(4)] == expected


def test_noise_bits_agree_between_array_and_scalar_forms_and_balance_every_bit() -> None:
    key = stream_key(5, 1_000)
    bits = bits_array(key, 4_096)
    assert bits.tolist() == [bits_at(key, index) for index in range(4_096)]
    shares = [(bits >> np.uint64(bit) & np.uint64(1)).mean() for bit in range(64)]
    # Five standard errors of a fair coin over 4,096 throws.
    assert max(abs(share - 0.5) for share in shares) < 5 * 0.5 / 64


def _outcome(path: PricePath, surface: OptionSurface) -> str:
    start = (path.breakout_minute + 1) * 60
    steps = range(start, 388 * 60, 5)
    ticks = np.searchsorted(path.offset_ms, np.array(steps) * 1000)
    mids = ((path.bid_cents[ticks] + path.ask_cents[ticks]) / 200).tolist()
    minutes = 390.0 - start / 60
    volatilities = surface.volatilities(mids[0], minutes, start)
    delta = greeks(mids[0], surface.strikes_dollars, minutes, 0.04, volatilities, surface.is_call).delta
    distance = np.where(surface.is_call == path.breakout_up, np.abs(np.abs(delta) - 0.3), 9.0)
    index = int(distance.argmin())
    paid = surface.quote_one(index, mids[0], minutes, start).ask_cents
    for step, mid in zip(steps, mids, strict=True):
        bid = surface.quote_one(index, mid, 390.0 - step / 60, step).bid_cents
        if bid >= 2 * paid or 2 * bid <= paid:
            return "doubled" if bid >= 2 * paid else "halved"
    return "neither"


def test_a_thirty_delta_option_bought_at_the_breakout_doubles_on_follow_through_and_halves_on_a_fade() -> None:
    outcomes: dict[bool, list[str]] = {True: [], False: []}
    for seed in SEEDS:
        path = seeded_day(seed=seed, session_minutes=390)
        outcomes[path.follow_through].append(_outcome(path, _surface(seed)))
    assert min(len(outcomes[True]), len(outcomes[False])) >= 10
    assert outcomes[True].count("doubled") >= 0.9 * len(outcomes[True])
    assert outcomes[False].count("halved") >= 0.9 * len(outcomes[False])


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        OptionSurface(seed=-1, strikes_dollars=_STRIKES)
    for strikes in ([], [600.0, 599.0], [0.0, 1.0]):
        with pytest.raises(ValueError, match="strikes"):
            OptionSurface(seed=1, strikes_dollars=strikes)
    surface = _surface(1)
    for spot, minutes in ((0.0, 5.0), (598.0, -1.0), (np.nan, 5.0)):
        with pytest.raises(ValueError, match="must"):
            surface.quote_arrays(spot, minutes, 0)
        with pytest.raises(ValueError, match="must"):
            surface.quote_one(0, spot, minutes, 0)
    for index in (-1, 2 * _COUNT):
        with pytest.raises(IndexError):
            surface.quote_one(index, 598.0, 5.0, 0)
