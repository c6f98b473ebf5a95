"""The terminal that commands print to."""

from typing import NoReturn

from rich.console import Console


class Terminal(Console):
    """A console whose reader may go away (`| head`) without more ado than the command ending."""

    def on_broken_pipe(self) -> NoReturn:
        """
        End the command.

        Raises:
            BrokenPipeError: Always.
        """
        raise BrokenPipeError("nobody reads the output any more")
