"""A request to stop as a file beside the account's lock: anybody who may write there can leave it at any moment."""

import json
from pathlib import Path
from typing import Final

from adapters.system.files import put_private
from tradecore.ports.stop_signal import StopRequest, StopSignal

STOP_FILE: Final = "stop"
_LONGEST: Final = 4096


class StopFile(StopSignal):
    """`<account>/stop`, read each time anew."""

    def __init__(self, directory: Path) -> None:
        """Look in this account's directory."""
        self._path = directory / STOP_FILE

    def requested(self) -> StopRequest | None:
        """The request, also when it can't be read; None when there is no such file."""
        try:
            with self._path.open(encoding="utf-8") as file:
                found = json.loads(file.read(_LONGEST))
            return StopRequest(str(found["reason"])[:200], flatten=found["flatten"] is True)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return StopRequest("a stop request that can't be read", flatten=False)

    def leave(self, request: StopRequest) -> None:
        """
        Ask the desk to stop.

        Raises:
            OSError: The directory can't be written.
        """
        put_private(self._path, json.dumps({"reason": request.reason, "flatten": request.flatten}))

    def clear(self) -> None:
        """Take the file away."""
        self._path.unlink(missing_ok=True)
