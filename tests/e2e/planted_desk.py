"""Start `tradecore` with a bug: `python -m tests.e2e.planted_desk BUG ARGUMENTS…`."""

import sys
from typing import Any, Final

from entrypoints.cli.app import run
from tradecore.usecases import keeping
from tradecore.usecases.protecting import ProtectionWatch


async def _nothing(*_: Any) -> None:
    return None


BUGS: Final = {
    "it never compares its books": (keeping, "_reconcile"),
    "it watches no stop": (ProtectionWatch, "look"),
}

if __name__ == "__main__":
    setattr(*BUGS[sys.argv[1]], _nothing)
    sys.exit(run(sys.argv[2:]))
