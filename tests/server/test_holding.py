"""Connections that wait in rooms: real sockets, and a question whose answer the test decides."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import gevent
import pytest
from gevent import socket as cooperative
from gevent.event import Event

from server.errors import BrokenOff
from server.holding import AT_A_TIME, Held, Rooms

OPENING = b"opening "
ENDED = b"ended"
LARGE = [bytes([65 + number]) * 200_000 for number in range(3)]


@dataclass
class Answer:
    """What there is to answer, once it is there."""

    pieces: list[bytes] = field(default_factory=list)
    moved: Event = field(default_factory=Event)
    readings: int = 0
    broken: bool = False
    stopping: bool = False

    def come(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.moved.set()


@dataclass(frozen=True)
class Asked:
    """A question of one kind (`holding.Question`)."""

    answer: Answer
    asked: Any = "the same"
    heartbeat_s: float | None = None
    wait_s: float = 30.0

    @property
    def stopping(self) -> bool:
        return self.answer.stopping

    def moved(self, timeout_s: float) -> bool:
        return self.answer.moved.wait(timeout_s) and not self.answer.stopping

    def again(self) -> Asked:
        return self

    def rest(self, *, over: bool) -> Iterator[bytes]:
        self.answer.readings += 1
        if self.answer.broken:
            raise BrokenOff
        self.answer.moved.clear()
        yield from self.answer.pieces or ([ENDED] if over else [])


class Phones:
    """Clients of a worker's rooms, each at the other end of a socket."""

    def __init__(self) -> None:
        self.question = Asked(Answer())
        self.rooms = Rooms(self._app)
        self.taken: list[bool] = []
        self._open: list[cooperative.socket] = []

    def _app(self, environ: Any, start_response: Callable[..., Any]) -> Held:
        start_response("200 OK", [("Content-Type", "application/json")])
        return Held(OPENING, iter([b"waited where it was"]), self.question)

    def hold(self, question: Asked, protocol: str = "HTTP/1.1", buffer_bytes: int = 0) -> cooperative.socket:
        self.question = question
        ours, theirs = cooperative.socketpair()
        if buffer_bytes:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
        environ = {"SERVER_PROTOCOL": protocol, "gunicorn.socket": ours}
        reply = self.rooms(environ, lambda *_: lambda _: None)  # type: ignore[arg-type]  # as much of WSGI as is asked for
        self.taken.append(reply is Rooms.TAKEN)
        theirs.settimeout(5)
        self._open += [ours, theirs]
        return theirs

    def close(self) -> None:
        for end in self._open:
            end.close()


@pytest.fixture
def phones() -> Iterator[Phones]:
    made = Phones()
    yield made
    made.close()


def received(phone: cooperative.socket) -> bytes:
    """All that comes until the connection ends."""
    return b"".join(iter(lambda: phone.recv(65536), b""))


def body(text: bytes) -> bytes:
    """The body of a chunked reply; it must have its end."""
    head, _, rest = text.partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert b"Transfer-Encoding: chunked" in head
    found = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        piece, rest = rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        if not piece:
            assert rest == b""
            return found
        found += piece


def test_phones_that_ask_the_same_get_one_reading_and_each_the_whole_answer(phones: Phones) -> None:
    question = Asked(Answer())
    held = [phones.hold(question) for _ in range(120)]
    gevent.sleep(0.01)
    question.answer.come(b"rows")
    assert {body(received(phone)) for phone in held} == {OPENING + b"rows"}
    assert question.answer.readings == 1
    assert all(phones.taken)
    assert phones.rooms.join(1)


def test_who_asks_something_else_waits_on(phones: Phones) -> None:
    woken, beside = Asked(Answer()), Asked(Answer(), asked="another")
    first, second = phones.hold(woken), phones.hold(beside)
    woken.answer.come(b"rows")
    assert body(received(first)) == OPENING + b"rows"
    assert beside.answer.readings == 0
    beside.answer.come(b"later")
    assert body(received(second)) == OPENING + b"later"


def test_a_reading_that_finds_nothing_is_followed_by_another_wait(phones: Phones) -> None:
    question = Asked(Answer())
    held = [phones.hold(question) for _ in range(3)]
    question.answer.come()
    gevent.sleep(0.01)
    assert question.answer.readings == 1
    question.answer.come(b"rows")
    assert {body(received(phone)) for phone in held} == {OPENING + b"rows"}


def test_who_waits_hears_a_beat_and_who_has_left_is_forgotten(phones: Phones) -> None:
    question = Asked(Answer(), heartbeat_s=0.06)
    phone, gone = phones.hold(question), phones.hold(replace(question, asked="alone"))
    gone.close()
    gevent.sleep(0.3)
    question.answer.come(b"rows")
    text = body(received(phone))
    assert text.startswith(OPENING + b"\n\n")
    assert text.endswith(b"\nrows")
    assert question.answer.readings == 1
    assert phones.rooms.join(1)


def test_a_wait_ends_when_its_time_is_up(phones: Phones) -> None:
    question = Asked(Answer(), wait_s=0.05)
    assert body(received(phones.hold(question))) == OPENING + ENDED
    assert phones.rooms.join(1)


def test_a_stop_ends_every_wait(phones: Phones) -> None:
    question = Asked(Answer())
    held = [phones.hold(replace(question, asked=number)) for number in range(3)]
    gevent.sleep(0.01)
    question.answer.stopping = True
    question.answer.moved.set()
    assert phones.rooms.join(2)
    assert {body(received(phone)) for phone in held} == {OPENING + ENDED}


def test_a_phone_that_does_not_read_keeps_no_other_waiting(phones: Phones) -> None:
    question = Asked(Answer())
    slow = phones.hold(question, buffer_bytes=4096)
    quick = phones.hold(question)
    gevent.sleep(0.01)
    question.answer.come(LARGE[0])
    assert body(received(quick)) == OPENING + LARGE[0]
    assert body(received(slow)) == OPENING + LARGE[0]


def test_a_long_answer_is_read_by_each_at_its_own_pace(phones: Phones) -> None:
    question = Asked(Answer())
    slow, quick = phones.hold(question), phones.hold(question)
    gevent.sleep(0.01)
    question.answer.come(*LARGE)
    assert body(received(quick)) == OPENING + b"".join(LARGE)
    assert body(received(slow)) == OPENING + b"".join(LARGE)


def test_an_answer_that_cannot_be_read_ends_the_connection_without_its_end(phones: Phones) -> None:
    question = Asked(Answer())
    phone = phones.hold(question)
    question.answer.broken = True
    question.answer.come(b"rows")
    assert received(phone).endswith(b"\r\n\r\n8\r\nopening \r\n")


def test_others_have_their_turn_while_many_are_told(phones: Phones) -> None:
    question = Asked(Answer())
    held = [phones.hold(question) for _ in range(AT_A_TIME * 4)]
    for phone in held:
        phone.recv(65536)
    told = [0]

    def another() -> None:
        while told[-1] < len(held):
            told.append(len(select.select(held, [], [], 0)[0]))
            gevent.sleep(0)

    beside = gevent.spawn(another)
    question.answer.come(b"rows")
    beside.get(timeout=5)
    assert set(told) >= {0, AT_A_TIME, AT_A_TIME * 2, AT_A_TIME * 3}


def test_a_client_of_http_1_0_waits_where_it_is(phones: Phones) -> None:
    phones.hold(Asked(Answer()), protocol="HTTP/1.0")
    assert phones.taken == [False]
    assert list(Held(OPENING, iter([b"rest"]), Asked(Answer()))) == [OPENING, b"rest"]
