"""How the market-data API refuses: a message without a code."""


class DataRefusal(Exception):
    """A request for data that can't be served."""

    def __init__(self, status: int, message: str) -> None:
        """An HTTP status and words."""
        super().__init__(message)
        self.status = status
        self.message = message
