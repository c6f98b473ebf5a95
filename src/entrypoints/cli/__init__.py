"""The command line: `tradecore demo`, `replay`, `audit`."""

import sys


def main() -> None:
    """Run the command line and exit with its code; Ctrl-C is an answer at any moment, also while modules load."""
    try:
        from entrypoints.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("tradecore: interrupted\n")
        code = 130
    sys.exit(code)
