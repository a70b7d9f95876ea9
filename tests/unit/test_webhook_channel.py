"""A webhook as it leaves: signed as the standard says, only to addresses that were checked, within its time."""

import base64
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from beizai.base.errors import Forbidden, Invalid, Unavailable
from beizai.channels import webhook
from beizai.channels.webhook import Allowed, Limits, Ways

LOOPBACK = Allowed.read(["127.0.0.1"])
QUICK = Limits(connect_seconds=1, total_seconds=1)


@contextmanager
def receiver(answer: bytes, *, hold: float = 0, drip: float = 0) -> Iterator[tuple[int, list[bytes]]]:
    """A server that takes one connection at a time, keeps what came, and answers with these bytes."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)
    got: list[bytes] = []
    left = threading.Event()

    def serve() -> None:
        while not left.is_set():
            try:
                line, _ = listening.accept()
            except OSError:
                return
            with line:
                line.settimeout(5)
                got.append(line.recv(65_536))
                try:
                    for at in range(len(answer)) if drip else ():
                        line.sendall(answer[at : at + 1])
                        left.wait(drip)
                    line.sendall(b"" if drip else answer)
                    left.wait(hold)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], got
    finally:
        left.set()
        listening.close()
        thread.join(5)


def sent(port: int, *, ways: Ways | None = None, path: str = "/hooks") -> webhook.Answer:
    url = f"http://127.0.0.1:{port}{path}"
    return webhook.post(url, {"webhook-id": "msg_1"}, b'{"a":1}', ways or Ways(LOOPBACK, QUICK))


def test_the_receivers_own_library_believes_our_signature() -> None:
    secret, now = webhook.new_secret(), int(datetime.now(UTC).timestamp())
    body = '{"type":"customer.created","data":{"name":"Élodie 履中"}}'.encode()
    assert Webhook(secret).verify(body, dict(webhook.headers([secret], "msg_7", now, body)))["type"]


def test_while_a_secret_is_changed_both_receivers_believe_us_and_a_third_does_not() -> None:
    new, old, now = webhook.new_secret(), webhook.new_secret(), int(datetime.now(UTC).timestamp())
    given = dict(webhook.headers([new, old], "msg_7", now, b"{}"))
    assert Webhook(new).verify(b"{}", given) == Webhook(old).verify(b"{}", given) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook.new_secret()).verify(b"{}", given)


def test_a_changed_body_or_an_old_time_is_not_believed() -> None:
    secret, now = webhook.new_secret(), int(datetime.now(UTC).timestamp())
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b"{ }", dict(webhook.headers([secret], "msg_7", now, b"{}")))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b"{}", dict(webhook.headers([secret], "msg_7", now - 3600, b"{}")))


def test_a_secret_has_32_random_bytes_and_a_short_one_signs_nothing() -> None:
    assert len(base64.b64decode(webhook.new_secret().removeprefix("whsec_"))) == 32
    with pytest.raises(Invalid):
        webhook.signature("whsec_c2hvcnQ=", "msg_1", 1, b"")


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 127.255.0.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 "
    "255.255.255.255 224.0.0.1 198.18.0.1 192.0.2.1 240.0.0.1 ::1 :: fe80::1 fc00::1 fd00:ec2::254 ff02::1 "
    "::ffff:127.0.0.1 ::ffff:169.254.169.254 64:ff9b::a00:1 64:ff9b::7f00:1 2002:7f00:1:: 2002:a00:1:: "
    "::127.0.0.1 2001:db8::1 2001:0:53aa:64c:0:0:80ff:fffe nonsense".split(),
)
def test_no_webhook_goes_inside(address: str) -> None:
    assert not webhook.is_public(address)
    target = webhook.read_url("https://shop.example/", Allowed())
    with pytest.raises(Forbidden) as refused:
        webhook.checked_addresses(target, Allowed(), lambda host, port: ["93.184.215.14", address])
    assert refused.value.code == "private_address"


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_the_open_internet_is_reached(address: str) -> None:
    assert webhook.is_public(address)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001", "localhost"])
def test_other_ways_to_write_this_machine_are_seen_through(host: str) -> None:
    target = webhook.read_url(f"https://{host}/", Allowed())
    with pytest.raises((Forbidden, Unavailable)):
        webhook.checked_addresses(target, Allowed())


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/", "not_encrypted"),
        ("ftp://shop.example/", "no_address"),
        ("https://", "no_address"),
        ("https://shop.example:99999/", "no_address"),
        ("https://shop.example:0/", "no_address"),
        ("https://user:word@shop.example/", "address_with_password"),
        ("https://shop.example/#part", "address_with_password"),
        ("https://shop.example/a b", "no_address"),
        ("https://shop.example/a\r\nX: y", "no_address"),
        ("https://shop .example/", "no_address"),
        ("file:///etc/passwd", "no_address"),
        ("https://[::1/", "no_address"),
        ("https://shop.example/" + "a" * 500, "no_address"),
    ],
)
def test_what_is_no_address_for_a_webhook_is_refused(url: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        webhook.read_url(url, Allowed())
    assert refused.value.code == code


def test_a_cloud_s_metadata_is_never_reached_even_where_its_network_is_named() -> None:
    allowed = Allowed.read(["169.254.0.0/16", "metadata.internal"])
    for host in ("169.254.169.254", "metadata.internal"):
        target = webhook.read_url(f"http://{host}/", allowed)
        with pytest.raises(Forbidden):
            webhook.checked_addresses(target, allowed, lambda host, port: ["169.254.169.254"])


def test_a_name_is_looked_up_once_and_connected_to_as_it_was_checked() -> None:
    """DNS rebinding: public when it is checked, this machine a moment later."""
    asked: list[str] = []
    reached: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(where: tuple[str, int], timeout: float) -> socket.socket:
        reached.append(where)
        raise ConnectionRefusedError

    answer = webhook.post("https://shop.example/", {}, b"", Ways(resolve=resolve, connect=connect))
    assert (asked, reached, answer.problem) == (["shop.example"], [("93.184.215.14", 443)], "not_connected")


def test_a_name_that_leads_inside_is_never_connected_to() -> None:
    def connect(where: tuple[str, int], timeout: float) -> socket.socket:
        raise AssertionError(where)

    inside = Ways(resolve=lambda host, port: ["10.0.0.7"], connect=connect)
    assert webhook.post("https://shop.example/", {}, b"", inside).problem == "private_address"
    nowhere = Ways(resolve=lambda host, port: [], connect=connect)
    assert webhook.post("https://shop.example/", {}, b"", nowhere).problem == "no_such_host"


def test_a_receiver_gets_the_body_and_its_headers() -> None:
    with receiver(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", hold=5) as (port, got):
        answer = sent(port, path="/hooks/é?a=1&b=/")
    head, _, body = got[0].partition(b"\r\n\r\n")
    assert answer.taken
    assert answer.status == 202
    assert answer.first == "ok"
    assert head.startswith(b"POST /hooks/%C3%A9?a=1&b=/ HTTP/1.1\r\n")
    assert b"webhook-id: msg_1" in head
    assert f"host: 127.0.0.1:{port}".encode() in head
    assert body == b'{"a":1}'


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    where = (
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    )
    with receiver(where) as (port, got):
        answer = sent(port)
    assert answer.status == 307
    assert not answer.taken
    assert len(got) == 1


def test_a_receiver_that_hangs_or_drips_takes_no_more_than_its_time() -> None:
    for receiving in (receiver(b"", hold=10), receiver(b"HTTP/1.1 200 OK\r\n" + b"x" * 99, drip=0.1)):
        with receiving as (port, _):
            began = time.monotonic()
            answer = sent(port)
            assert answer.problem == "too_slow"
            assert time.monotonic() - began < 4


def test_an_endless_answer_is_read_a_few_kilobytes_far() -> None:
    with receiver(b"HTTP/1.1 500 Broken\r\n\r\n" + b"y" * 2_000_000) as (port, _):
        answer = sent(port)
    assert answer.status == 500
    assert answer.first == "y" * 500


def test_an_answer_in_chunks_after_one_that_says_to_wait_is_read() -> None:
    raw = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 429 Slow down\r\nTransfer-Encoding: chunked\r\nRetry-After: 77\r\n\r\n4\r\nslow\r\n0\r\n\r\n"
    with receiver(raw, hold=5) as (port, _):
        answer = sent(port)
    assert (answer.status, answer.first, answer.retry_after_seconds) == (429, "slow", 77)


@pytest.mark.parametrize(("raw", "problem"), [(b"SSH-2.0-x\r\n\r\n", "no_http"), (b"", "no_http")])
def test_what_is_no_http_is_said_so(raw: bytes, problem: str) -> None:
    with receiver(raw) as (port, _):
        assert sent(port).problem == problem


def test_nobody_there_and_no_certificate_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert sent(port).problem == "not_connected"
    with receiver(b"HTTP/1.1 200 OK\r\n\r\n") as (open_port, _):
        answer = webhook.post(f"https://127.0.0.1:{open_port}/", {}, b"", Ways(LOOPBACK, QUICK))
    assert answer.problem == "not_trusted"
