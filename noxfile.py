"""Every check this project runs, one session each; `uv run nox` runs the default ones."""

import shutil
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "architecture", "unit", "contract", "docs"]

ROOT = Path(__file__).parent


def sync(session: nox.Session, *groups: str, project: bool = True) -> None:
    """Install the project and these dependency groups at the pinned versions, and nothing else."""
    flag = "--group" if project else "--only-group"
    chosen = [argument for group in groups for argument in (flag, group)]
    session.run_install(
        "uv",
        "sync",
        "--quiet",
        "--no-default-groups",
        f"--python={session.virtualenv.location}",
        *chosen,
        env={"UV_PROJECT_ENVIRONMENT": session.virtualenv.location},
    )


def pytest(session: nox.Session, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run pytest on folders that must exist; arguments after `--` go to pytest."""
    for folder in arguments:
        if not folder.startswith("-") and not (ROOT / folder).exists():
            session.error(f"{folder} does not exist yet, so there is nothing to run")
    session.run("pytest", *arguments, *session.posargs, env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, bans and format; `uv run nox -s lint -- --fix` repairs what can be repaired."""
    sync(session, "lint", project=False)
    session.run("ruff", "check", *session.posargs)
    if "--fix" in session.posargs:
        session.run("ruff", "format")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types everywhere, tests and this file included."""
    sync(session, "types", "tests", "docs", "dev")
    session.run("mypy", *session.posargs)


@nox.session
def architecture(session: nox.Session) -> None:
    """Who may import whom, and what may stand in the repository."""
    sync(session, "architecture", "tests")
    session.run("lint-imports", "--no-cache")
    pytest(session, "tests/architecture")


@nox.session
def unit(session: nox.Session) -> None:
    """Fast tests of values, decisions and single adapters, and a slice of the simulated sessions."""
    sync(session, "tests")
    pytest(session, "-n=2", "tests/unit", "tests/architecture", "tests/simulation/test_slice.py")


@nox.session
def contract(session: nox.Session) -> None:
    """One suite a port, every adapter of it."""
    sync(session, "tests")
    pytest(session, "-n=2", "tests/contract")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site with warnings as errors, and run every Python example of the site and the README."""
    sync(session, "docs", "tests")
    site = f"{session.create_tmp()}/site"
    session.run("mkdocs", "build", "--strict", "--quiet", f"--site-dir={site}", env={"NO_MKDOCS_2_WARNING": "1"})
    pytest(session, "docs", "README.md")


@nox.session(default=False)
def properties(session: nox.Session) -> None:
    """Long searches by Hypothesis."""
    sync(session, "tests")
    pytest(session, "-n=2", "-m=hypothesis", "--hypothesis-profile=properties", "tests/unit")


@nox.session(default=False)
def simulation(session: nox.Session) -> None:
    """
    Whole seeded sessions, with crashes.

    `-- --seeds N [--seed FIRST]` runs a campaign, `-- --planted` the planted bugs; else the tests of the folder run.
    """
    sync(session, "tests")
    if any(argument.split("=")[0] in ("--seeds", "--seed", "--planted") for argument in session.posargs):
        session.run("python", "-m", "tests.simulation", *session.posargs)
    else:
        pytest(session, "-n=2", "tests/simulation")


@nox.session(default=False)
def campaigns(session: nox.Session) -> None:
    """One promise tried very many times: `uv run nox -s campaigns -- NAME [--count N] [--seed S] [--jobs J]`."""
    sync(session, "tests")
    session.run("python", "-m", "tests.campaigns", *session.posargs)


@nox.session(default=False)
def e2e(session: nox.Session) -> None:
    """The installed program as its users meet it, independent MCP clients included; needs npm."""
    npm = shutil.which("npm")
    if npm is None:
        session.error("e2e needs npm, which comes with Node: independent MCP clients are installed with it")
    sync(session, "tests", "e2e")
    folder = Path(session.virtualenv.location) / "clients"
    install_clients(session, npm, folder)
    pytest(session, "tests/e2e", env={"INDEPENDENT_CLIENTS": str(folder)})


def install_clients(session: nox.Session, npm: str, folder: Path) -> None:
    """Install what tests/e2e/package.json names, unless it is there, and print the versions of everything."""
    wanted = (ROOT / "tests" / "e2e" / "package.json").read_text(encoding="utf-8")
    installed = folder / "installed.json"
    session.run("npm", "--version", external=True)
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(wanted, encoding="utf-8")
        # The Node that npm itself runs on may be older than what the packages ask for; they run on another.
        session.run(
            npm,
            "install",
            "--loglevel=error",
            "--force",
            "--ignore-scripts",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            f"--prefix={folder}",
            external=True,
        )
        installed.write_text(wanted, encoding="utf-8")
    session.run("python", "-m", "tests.e2e.clients", env={"INDEPENDENT_CLIENTS": str(folder)})


@nox.session(default=False)
def simulated_broker(session: nox.Session) -> None:
    """The simulated broker by Alpaca's own specs, under requests made up from them, and with Alpaca's MCP server."""
    sync(session, "tests")
    folder = Path(session.virtualenv.location) / "alpaca"
    programs = {"alpaca-mcp-server==2.4.0": folder / "mcp", "schemathesis==4.32.5": folder / "fuzzing"}
    # Their requirements are not ours: each has an environment of its own, and our pins must not be read for it.
    with session.chdir(tempfile.gettempdir()):
        for package, place in programs.items():
            if not place.exists():
                session.run_install(
                    "uv", "venv", "--quiet", f"--python={session.python or '3.11'}", str(place), external=True
                )
            session.run_install(
                "uv", "pip", "install", "--quiet", f"--python={place}/bin/python", package, external=True
            )
    python = folder / "mcp" / "bin" / "python"
    where = "from importlib.resources import files; print(files('alpaca_mcp_server') / 'specs')"
    specs = session.run(str(python), "-c", where, silent=True, external=True)
    environment = {
        "ALPACA_SPECS": str(specs).strip(),
        "ALPACA_MCP_PYTHON": str(python),
        "SCHEMATHESIS": str(folder / "fuzzing" / "bin" / "schemathesis"),
    }
    pytest(session, "tests/alpaca_peers", env=environment)


@nox.session(default=False)
def peers(session: nox.Session) -> None:
    """Install the engines that bench compares with, in an environment of their own; bench finds it."""
    # Our pins are not theirs, and uv reads them wherever it finds our pyproject.toml above it.
    with session.chdir(tempfile.gettempdir()):
        session.install("-r", str(ROOT / "benchmarks" / "peers" / "requirements.txt"))


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure beside floors, and beside the peers that the session of that name installed."""
    # The tests' group brings the server that the rows with Redis run on.
    sync(session, "tests")
    python = Path(session.virtualenv.location).parent / "peers" / "bin" / "python"
    installed = [f"--peer-python={python}"] if python.exists() else []
    session.run("python", "-m", "benchmarks", *installed, *session.posargs)


@nox.session(default=False)
def detectors(session: nox.Session) -> None:
    """Precision and recall on planted patterns, over the simulated flow and `-- RECORDING SYMBOL [--passes N]`."""
    sync(session)
    session.run("python", "-m", "benchmarks.detectors", *session.posargs)


@nox.session(default=False)
def constraints(session: nox.Session) -> None:
    """Resolve every group afresh and rewrite the pins in pyproject.toml."""
    session.run("python", "tools/constraints.py", nox.virtualenv.UV, *session.posargs)


@nox.session(default=False)
def sessions_table(session: nox.Session) -> None:
    """Regenerate the table of New York exchange days."""
    sync(session, "calendar", project=False)
    session.run("python", "tools/sessions_table.py", *session.posargs)


@nox.session(default=False)
def reference_pages(session: nox.Session) -> None:
    """Regenerate the pages of the manual, and `.env.example`, that repeat what the code says."""
    sync(session, "docs")
    session.run("python", "-m", "tools.reference_pages")
