"""The terminal that commands print to."""

import getpass
import os
from typing import NoReturn

from rich.console import Console

from tradecore.errors import InvalidRequest


class Terminal(Console):
    """A console whose reader may go away (`| head`) without more ado than the command ending."""

    def on_broken_pipe(self) -> NoReturn:
        """
        End the command.

        Raises:
            BrokenPipeError: Always.
        """
        raise BrokenPipeError("nobody reads the output any more")


def typed_passphrase(prompt: str) -> str:
    """
    What a person types at the terminal, unseen.

    Raises:
        InvalidRequest: There is no terminal.
    """
    if not os.isatty(0):
        raise InvalidRequest("the passphrase is typed at a terminal, never given by file, argument or environment")
    return getpass.getpass(prompt)
