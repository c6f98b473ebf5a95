"""What a failed request means, told apart at a real socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from adapters.alpaca.addresses import on_this_machine
from adapters.alpaca.http import AlpacaHttp, RateLimit, Refused, Timeouts, of_status
from tradecore.errors import DuplicateOrder, OutcomeUnknown, PortError, Unavailable

BODY = {"symbol": "SPY", "qty": "1"}


def whole_request(connection: socket.socket) -> bytes:
    heard = connection.recv(65_536)
    head, _, body = heard.partition(b"\r\n\r\n")
    length = next((line for line in head.splitlines() if line.lower().startswith(b"content-length:")), b":0")
    while len(body) < int(length.partition(b":")[2]):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request after the other and does with each connection what it is told."""
    listening = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                heard.append(whole_request(connection))
                answer(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def saying(status: str, body: str, headers: str = "") -> Callable[[socket.socket], None]:
    text = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n{body}"
    return lambda connection: connection.sendall(text.encode())


def client(url: str, **options: float) -> AlpacaHttp:
    return AlpacaHttp(key="k", secret="s", addresses=on_this_machine(url), timeouts=Timeouts(**options))


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        ("403 Forbidden", '{"code":40310000,"message":"insufficient buying power"}', Refused),
        ("422 Unprocessable Entity", '{"code":40010001,"message":"client_order_id must be unique"}', DuplicateOrder),
        ("422 Unprocessable Entity", '{"code":42210000,"message":"invalid limit_price"}', Refused),
        ("404 Not Found", '{"message":"not found"}', Refused),
        ("401 Unauthorized", "<html>", Refused),
        ("429 Too Many Requests", '{"message":"too many requests."}', Unavailable),
        ("500 Internal Server Error", "", OutcomeUnknown),
        ("502 Bad Gateway", "<html>bad gateway</html>", OutcomeUnknown),
        ("504 Gateway Timeout", '{"message":"timeout"}', OutcomeUnknown),
        ("408 Request Timeout", "", OutcomeUnknown),
        ("200 OK", "<html>not what was asked for</html>", OutcomeUnknown),
    ],
)
def test_every_answer_to_an_order_is_a_refusal_or_never_left_or_unknown_and_is_asked_for_once(
    status: str, body: str, meaning: type[PortError]
) -> None:
    with answering(saying(status, body)) as (url, heard), pytest.raises(meaning) as raised:
        client(url).place(BODY)
    assert type(raised.value) is meaning
    assert len(heard) == 1


def test_a_refusal_is_told_in_the_broker_s_words_without_its_markup() -> None:
    assert str(of_status(403, '{"code":40310000,"message":"insufficient buying power"}')) == "insufficient buying power"
    assert str(of_status(403, "<html><script>")) == "an answer that is no JSON"


def test_a_connection_that_never_came_to_be_means_that_the_order_never_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(Unavailable):
        client(url).place(BODY)


def test_a_connection_that_is_reset_after_the_order_was_sent_leaves_it_unknown() -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    with answering(reset) as (url, heard), pytest.raises(OutcomeUnknown):
        client(url).place(BODY)
    assert len(heard) == 1


def test_an_answer_that_never_comes_leaves_the_order_unknown_within_the_hard_time_out() -> None:
    waiting = threading.Event()

    def hold(_: socket.socket) -> None:
        waiting.wait(5)

    with answering(hold) as (url, heard):
        with pytest.raises(OutcomeUnknown):
            client(url, read=0.1).place(BODY)
        waiting.set()
    assert len(heard) == 1


def test_what_an_answer_says_of_the_rate_limit_is_told() -> None:
    told: list[RateLimit] = []
    headers = "X-RateLimit-Limit: 200\r\nX-RateLimit-Remaining: 7\r\nX-RateLimit-Reset: 1700000000\r\n"
    with answering(saying("200 OK", "{}", headers)) as (url, _):
        http = AlpacaHttp(key="k", secret="s", addresses=on_this_machine(url), told=lambda _, limit: told.append(limit))
        http.trading("/account")
    assert told == [RateLimit(200, 7, 1_700_000_000)]


def test_an_order_goes_out_as_it_was_written_with_keys_in_its_headers_only() -> None:
    with answering(saying("200 OK", "{}")) as (url, heard):
        client(url).place({"qty": "1", "limit_price": "600.3"})
    assert heard[0].startswith(b"POST /v2/orders HTTP/1.1")
    assert b'"limit_price": "600.3"' in heard[0]
    assert b"APCA-API-SECRET-KEY: s" in heard[0]
