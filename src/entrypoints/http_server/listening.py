"""Taking the address of the HTTP door, before anything else is begun."""

import errno
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from entrypoints.settings import Settings, SettingsError
from entrypoints.settings.agreement import open_to_others
from tradecore.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """An address that is ours; `tls` are certificate and key, None for plain HTTP."""

    socket: socket.socket
    host: str
    port: int
    tls: tuple[Path, Path] | None

    @property
    def url(self) -> str:
        """Where this machine's programs find the door, without a path."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        named = f"[{host}]" if ":" in host else host
        return f"{'http' if self.tls is None else 'https'}://{named}:{self.port}"


def listen(settings: Settings, host: str, port: int, *, said: str, instead: str) -> Listener:
    """
    Take an address; port 0 takes any free one. From here on clients may connect, and wait until they are served.

    Args:
        settings: What says whether other machines may come in, and with which certificate.
        host: Name or address of this machine.
        port: 0 to 65535.
        said: How the user named the address, for an error.
        instead: What the user may do when another program has the port.

    Raises:
        SettingsError: Other machines would come in without what that needs, or address or certificate can't be used.
        Unavailable: Another program listens there.
    """
    missing = open_to_others(settings, host, said)
    if missing:
        raise SettingsError("\n".join(missing))
    tls = _certificate(settings)
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address[:2], family=socket.AddressFamily(family))
        # asyncio does it only for sockets that name their protocol; without, a body waits for the ACK of its headers.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(f"another program listens on {host}:{port}; {instead}") from error
        raise SettingsError(f"{said}: can't listen on {host}:{port}: {error.strerror}") from error
    listening.setblocking(False)
    # asyncio leaves it out on a socket of this making; without it each answer waits 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Listener(socket=listening, host=host, port=listening.getsockname()[1], tls=tls)


def _certificate(settings: Settings) -> tuple[Path, Path] | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    try:
        # Without a password at hand a locked key would make the server ask for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except OSError as error:
        why = "certificate and key can't be read, do not belong together, or the key has a password"
        raise SettingsError(f"TRADECORE_TLS_CERT, TRADECORE_TLS_KEY: {why}") from error
    return settings.tls_cert, settings.tls_key
