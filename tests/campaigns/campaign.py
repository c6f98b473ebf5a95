"""What a campaign is: very many trials of one promise, in shares that each come from one seed."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context

_FAILURES_KEPT = 20


@dataclass(slots=True)
class Share:
    """What the trials of one seed came to; `kinds` counts them, `failures` says which broke the promise."""

    seed: int
    tried: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    failures: list[str] = field(default_factory=list)

    def count(self, kind: str, failure: str | None = None) -> None:
        """One trial more, and why it failed if it did."""
        self.tried += 1
        self.kinds[kind] += 1
        if failure is not None:
            self.fail(f"{kind}: {failure}")

    def fail(self, why: str) -> None:
        """The promise was broken."""
        self.failed += 1
        if len(self.failures) < _FAILURES_KEPT:
            self.failures.append(why)


@dataclass(frozen=True, slots=True)
class Campaign:
    """
    A promise put to the test.

    `trials` names what is counted and `broken` what none of them may be; `goal` is the published number of trials,
    `share` how many come from one seed.
    """

    name: str
    trials: str
    broken: str
    goal: int
    share: int
    run: Callable[[int, int], Share]

    def shares(self, count: int, first_seed: int) -> list[tuple[int, int]]:
        """Seeds and their numbers of trials, `count` in all."""
        whole, rest = divmod(count, self.share)
        sizes = [self.share] * whole + [rest] * (rest > 0)
        return list(enumerate(sizes, first_seed))


def run_shares(campaign: Campaign, shares: list[tuple[int, int]], jobs: int) -> Iterator[Share]:
    """Each share's result as it comes; with one job in this process."""
    if jobs == 1:
        yield from (campaign.run(seed, size) for seed, size in shares)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(campaign.run, seed, size) for seed, size in shares]):
            yield done.result()
