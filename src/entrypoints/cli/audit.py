"""`tradecore audit verify` and `tradecore audit replay`: is the record whole, and does it decide the same again?"""

import dataclasses
from pathlib import Path
from typing import Annotated, Final

import typer

from entrypoints.cli.summary import print_json
from entrypoints.wiring import JournalHead, JournalState, code_version, read_entries, verify
from tradecore.errors import InvalidRequest
from tradecore.usecases.audit import replay as decide_again

audit_app = typer.Typer(help="Check a journal: whole, and the same decisions again.", no_args_is_help=True)

_EXIT: Final = {
    JournalState.WHOLE: 0,
    JournalState.TORN: 2,
    JournalState.CORRUPT: 3,
    JournalState.REWRITTEN: 4,
}
Directory = Annotated[Path, typer.Argument(help="The journal directory (it holds 000001.jsonl).")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@audit_app.command("verify")
def verify_journal(
    directory: Directory,
    head: Annotated[
        str | None, typer.Option(help="A head exported earlier, SEQ:HASH; the journal must hold it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every byte, changing nothing: exit 0 whole, 2 torn tail, 3 corruption, 4 history differs from --head."""
    found = verify(_journal_in(directory), _read_head(head))
    if as_json:
        print_json(
            {
                "verdict": str(found.state),
                "entries": found.entries,
                "head": str(found.head),
                "entry": found.entry,
                "torn_bytes": found.torn_bytes,
                "message": found.message,
            },
        )
    else:
        typer.echo(f"{found.state}: {found.entries} entries, head {found.head}")
        if found.message:
            typer.echo(found.message)
    raise typer.Exit(_EXIT[found.state])


@audit_app.command("replay")
def replay_journal(directory: Directory, as_json: AsJson = False) -> None:
    """Rebuild the desk from the journal, decide everything again, and compare: exit 0 the same, 1 not."""
    journal = _journal_in(directory)
    found = verify(journal)
    if found.state is JournalState.CORRUPT:
        typer.echo(f"tradecore: {found.message}; nothing was replayed", err=True)
        raise typer.Exit(_EXIT[found.state])
    report = decide_again(read_entries(journal))
    same_code = report.code_versions == (code_version(),)
    if as_json:
        facts = {"same": not report.different, "same_code": same_code, "verdict": str(found.state)}
        print_json({**dataclasses.asdict(report), **facts})
    else:
        typer.echo(f"{report.entries} entries, {report.decisions} decisions, {report.different} different")
        for difference in report.differences:
            typer.echo(f"entry {difference.entry}: {difference.where}: {difference.recorded} -> {difference.replayed}")
        if not same_code:
            typer.echo(f"written by {', '.join(report.code_versions)}, decided again by {code_version()}")
        if found.message:
            typer.echo(found.message)
        typer.echo(f"trace {report.trace_sha256}")
    raise typer.Exit(1 if report.different else 0)


def _journal_in(directory: Path) -> Path:
    inside = directory / "journal"
    return inside if inside.is_dir() else directory


def _read_head(text: str | None) -> JournalHead | None:
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise InvalidRequest("--head is SEQ:HASH as `audit verify --json` prints it, for example 12:9f…")
    return JournalHead(int(number), digest)
