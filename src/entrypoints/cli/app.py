"""The commands, and what becomes of an error: one line and an exit code, never a traceback for a user's mistake."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from entrypoints.cli.ack import ack
from entrypoints.cli.approve import approve
from entrypoints.cli.audit import audit_app
from entrypoints.cli.burnin import burnin
from entrypoints.cli.call import call
from entrypoints.cli.crypto import crypto_app
from entrypoints.cli.demo import demo
from entrypoints.cli.doctor import doctor
from entrypoints.cli.kill import kill
from entrypoints.cli.mcp import mcp
from entrypoints.cli.operator import halt, resume, settle
from entrypoints.cli.option import option
from entrypoints.cli.replay import replay
from entrypoints.cli.serve import serve
from entrypoints.cli.sim import sim
from entrypoints.cli.watch import watch
from entrypoints.limits_file import LimitsError
from entrypoints.settings import SettingsError
from tradecore import __version__
from tradecore.errors import DataError, InvalidRequest, JournalCorrupt, JournalUnavailable, TradeError

DONE: Final = 0
ANSWER_IS_NO: Final = 1
CORRUPT: Final = 3
WRONG_USE: Final = 64
WRONG_SETTINGS: Final = 78
INTERRUPTED: Final = 130

app = typer.Typer(
    name="tradecore",
    help="A trading desk for language models: the model proposes, deterministic code decides what reaches the broker.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(demo)
app.command()(replay)
app.command()(burnin)
app.command()(mcp)
app.command()(serve)
app.command()(watch)
app.command()(sim)
app.command()(approve)
app.command()(kill)
app.command()(halt)
app.command()(resume)
app.command()(settle)
app.command()(ack)
app.command()(call)
app.command()(option)
app.command()(doctor)
app.add_typer(audit_app, name="audit")
app.add_typer(crypto_app, name="crypto")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    env_file: Annotated[
        Path | None, typer.Option(help="Settings beside the environment; else ./.env, else .env in TRADECORE_HOME.")
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Every command has --help; `tradecore demo` is the place to begin."""
    context.obj = env_file


def run(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    try:
        outcome = get_command(app).main(args=arguments, prog_name="tradecore", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        outcome = INTERRUPTED
    except TyperException as error:
        return _wrong_use(error)
    except (SettingsError, LimitsError, TradeError) as error:
        return _complain(str(error), _code_of(error))
    except BrokenPipeError:
        return _no_reader()
    except OSError as error:
        return _complain(f"{error.filename or 'output'} can't be used: {error.strerror}", ANSWER_IS_NO)
    if outcome == INTERRUPTED:
        return _complain("interrupted; what was journaled up to here stands", INTERRUPTED)
    return outcome if isinstance(outcome, int) else DONE


def _complain(message: str, code: int) -> int:
    for line in message.splitlines():
        typer.echo(f"tradecore: {line}", err=True)
    return code


def _wrong_use(error: TyperException) -> int:
    shown = getattr(error, "format_message", error.__str__)()
    text = " ".join(str(shown).split())
    return _complain(text or "a command is needed; see `tradecore --help`", WRONG_USE)


def _no_reader() -> int:
    # Whoever read our output went away; a second write to it must not fail the exit as well.
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - lives until the process ends
    return ANSWER_IS_NO


def _code_of(error: Exception) -> int:
    if isinstance(error, SettingsError | LimitsError | JournalUnavailable):
        return WRONG_SETTINGS
    if isinstance(error, JournalCorrupt):
        return CORRUPT
    return WRONG_USE if isinstance(error, InvalidRequest | DataError) else ANSWER_IS_NO
