"""
Run a campaign: `uv run nox -s campaigns -- NAME [--count N] [--seed S] [--jobs J] [--results FILE]`.

It ends in one line with the figure, and in an error when one trial broke the promise. `--results` appends that figure
to a file, one JSON object a line.
"""

import argparse
import json
import platform
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tests.campaigns import (
    altered_tokens,
    boundary_kills,
    expiries,
    hostile_client,
    journal_mutations,
    kill_switch,
    lost_frames,
    one_token,
    process_kills,
)
from tests.campaigns.campaign import Campaign, Share, run_shares

CAMPAIGNS = {
    module.CAMPAIGN.name: module.CAMPAIGN
    for module in (
        altered_tokens,
        one_token,
        journal_mutations,
        hostile_client,
        kill_switch,
        lost_frames,
        process_kills,
        boundary_kills,
        expiries,
    )
}


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; 1 when the promise was broken."""
    chosen = _parser().parse_args(arguments)
    campaign = CAMPAIGNS[chosen.name]
    count = campaign.goal if chosen.count is None else chosen.count
    began = time.monotonic()
    done = _run(campaign, campaign.shares(count, chosen.seed), chosen.jobs)
    seconds = time.monotonic() - began
    _tell_failures(campaign, done)
    tried, failed = sum(share.tried for share in done), sum(share.failed for share in done)
    last = max(share.seed for share in done)
    print(
        f"{campaign.name}: {tried:,} {campaign.trials}, {failed} {campaign.broken}, "
        f"seeds {chosen.seed} to {last}, {seconds:.0f} s ({tried / seconds:,.2f} a second)"
    )
    if chosen.results is not None:
        _append(chosen.results, campaign, done, seconds)
    return 1 if failed or tried < count else 0


def _run(campaign: Campaign, shares: list[tuple[int, int]], jobs: int) -> list[Share]:
    columns = (TextColumn(campaign.name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(campaign.name, total=sum(size for _, size in shares))
        done = []
        for share in run_shares(campaign, shares, jobs):
            progress.advance(bar, share.tried)
            done.append(share)
    return sorted(done, key=lambda share: share.seed)


def _tell_failures(campaign: Campaign, done: list[Share]) -> None:
    for share in done:
        for failure in share.failures:
            print(f"seed {share.seed}: {failure}")
        if share.failures:
            print(f"REPRO: nox -s campaigns -- {campaign.name} --count {share.tried} --seed {share.seed}")


def _append(file: Path, campaign: Campaign, done: list[Share], seconds: float) -> None:
    kinds: Counter[str] = Counter()
    for share in done:
        kinds.update(share.kinds)
    figure = {
        "campaign": campaign.name,
        "tried": sum(share.tried for share in done),
        campaign.broken: sum(share.failed for share in done),
        "first_seed": done[0].seed,
        "last_seed": done[-1].seed,
        "seconds": round(seconds, 1),
        "kinds": dict(sorted(kinds.items())),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
    }
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(figure) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="campaigns", description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("name", choices=sorted(CAMPAIGNS))
    parser.add_argument("--count", type=_positive, help="trials; by default the published number")
    parser.add_argument("--seed", type=int, default=1, help="first seed")
    parser.add_argument("--jobs", type=_positive, default=2, help="processes")
    parser.add_argument("--results", type=Path, help="append the figure to this file")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
