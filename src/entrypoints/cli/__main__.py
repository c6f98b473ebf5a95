"""`python -m entrypoints.cli`: the command line of this very interpreter."""

from entrypoints.cli import main

main()
