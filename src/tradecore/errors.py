"""
Every deliberate exception, grouped by what the caller must do.

TradeError
├── InvalidRequest           change the request
│   ├── OffTick              a price that is not on the instrument's grid
│   └── UnknownInstrument    a symbol that names nothing we know how to trade
├── IllegalTransition        quarantine the event and reconcile
├── DeskHalted               the desk can no longer record what it does; nothing may be sent
├── AccountHeld              another desk owns the account; end it first
├── JournalError             the record itself
│   ├── JournalUnavailable   it can't be written; stop acting
│   └── JournalCorrupt       it was changed; investigate before trading
├── DataError                change the data or the question put to it
│   ├── DataMissing          the recording has no such day, symbol or chain
│   └── DataMalformed        a recorded file breaks its own format
└── PortError                something outside did not do as asked
    ├── Unavailable          it never left; safe to try again
    ├── Rejected             the venue refused; trying again changes nothing
    │   └── DuplicateOrder   the venue has an order with this id already; look it up
    └── OutcomeUnknown       it may have worked; never resend, look it up by client order id

A business refusal (a risk check, an expired ticket) is a result, never an exception.
"""


class TradeError(Exception):
    """Root of every deliberate exception of the desk."""


class InvalidRequest(TradeError):
    """The request can't be read as an order; the message says which argument to change."""


class OffTick(InvalidRequest):
    """A price does not lie on the instrument's price grid."""


class UnknownInstrument(InvalidRequest):
    """A symbol is not an equity, an OCC option or a crypto pair."""


class IllegalTransition(TradeError):
    """An event that the order's state does not allow."""


class DeskHalted(TradeError):
    """The desk stopped acting because it can't record what it does."""


class AccountHeld(TradeError):
    """Another process holds this account's lock."""


class JournalError(TradeError):
    """The journal can't be used."""


class JournalUnavailable(JournalError):
    """The journal can't be written or made durable."""


class JournalCorrupt(JournalError):
    """An entry of the journal was changed after it was written."""

    def __init__(self, message: str, *, entry: int) -> None:
        """Name the first entry (1-based sequence number) that does not stand as it was written."""
        super().__init__(message)
        self.entry = entry


class DataError(TradeError):
    """Recorded or delivered market data can't be used."""


class DataMissing(DataError):
    """The recording does not hold what was asked for."""


class DataMalformed(DataError):
    """A recorded file breaks its own format; the message names file and line."""


class PortError(TradeError):
    """A service outside the process did not do as asked."""


class Unavailable(PortError):
    """The request never left; it may be repeated."""


class Rejected(PortError):
    """The venue refused; repeating changes nothing."""


class DuplicateOrder(Rejected):
    """The venue has an order with this client order id already, from this request or an earlier one."""


class OutcomeUnknown(PortError):
    """The request may have been carried out; look it up by client order id before anything else."""
