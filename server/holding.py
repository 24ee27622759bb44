"""Phones that wait for a change: all that is left of each is its socket.

A reply with nothing to say yet is `Held`. As any WSGI iterable it waits where it is, in the greenlet of its request. A
worker of ours takes the connection over instead (`Rooms`), and request, parser and greenlet go, which are nearly all
that a waiting phone costs. Phones that ask the same and have read as far wait in one room: one greenlet waits for all
of them, one reading answers all of them, and with the answer their connections end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Protocol

import gevent
from gevent import socket
from gevent.pool import Group

from server.errors import BrokenOff

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AT_A_TIME = 50
"""So many phones are told something before other requests have their turn: a millisecond or two."""
LATE_S = 0.05
"""How late a phone may hear that its time is up: a room looks through its phones that seldom."""
STALLED_S = 60.0
"""How long a phone may take to receive a piece of an answer that its connection does not hold at once."""
_END = b"0\r\n\r\n"


class Question(Protocol):
    """What a reply waits for, and how it goes on."""

    @property
    def asked(self) -> Hashable:
        """Equal for those who are to get the same answer."""

    @property
    def heartbeat_s(self) -> float | None:
        """How often to say that one is still there."""

    @property
    def wait_s(self) -> float:
        """How long it may wait in all."""

    @property
    def stopping(self) -> bool:
        """Whether the process is about to end, and every wait with it."""

    def moved(self, timeout_s: float) -> bool:
        """Wait until there may be an answer; False after `timeout_s`, and when the process is `stopping`."""

    def again(self) -> Question:
        """The same question, asked anew."""

    def rest(self, *, over: bool) -> Iterator[bytes]:
        """The rest of the reply in large pieces; none while there is no answer, unless it is `over`. `BrokenOff`."""


class Held:
    """A reply that has nothing to say after `opening`; iterated, it waits by itself and gives the rest."""

    def __init__(self, opening: bytes, waiting: Iterator[bytes], question: Question) -> None:
        self.opening = opening
        self.question = question
        self._waiting = waiting

    def __iter__(self) -> Iterator[bytes]:
        yield self.opening
        yield from self._waiting


class _Phone:
    """A connection that waits, until then at most."""

    __slots__ = ("_socket", "until")

    def __init__(self, connection: Any, until: float) -> None:
        self.until = until
        self._socket = socket.socket(connection.family, connection.type, fileno=connection.detach())
        self._socket.settimeout(0.0)

    def send(self, text: bytes) -> bytes:
        """Send what the connection takes at once; the rest of the text. `OSError` if the phone is gone."""
        try:
            return text[self._socket.send(text) :]
        except BlockingIOError:
            return text

    def tell(self, text: bytes) -> None:
        """Send a few bytes; `OSError` if the phone is gone, or so far behind that they do not fit."""
        if self.send(text):
            raise BlockingIOError

    def stream(self, texts: Iterable[bytes]) -> None:
        """Send all this as fast as the phone takes it, then `leave`."""
        self._socket.settimeout(STALLED_S)
        try:
            for text in texts:
                self._socket.sendall(text)
        except (OSError, BrokenOff):
            pass
        finally:
            self.leave()

    def leave(self) -> None:
        """End the connection."""
        self._socket.close()


class _Room:
    """Phones that ask the same."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.phones: list[_Phone] = []
        self.beat_at = self._next_beat()

    def _next_beat(self) -> float:
        heartbeat_s = self.question.heartbeat_s
        return float("inf") if heartbeat_s is None else time.monotonic() + heartbeat_s

    def pause_s(self) -> float:
        """How long there is nothing to do unless an answer comes."""
        next_at = min(self.beat_at, min(phone.until for phone in self.phones))
        return max(next_at - time.monotonic(), LATE_S)

    def over(self) -> list[_Phone]:
        """Those whose time is up; they are no longer in the room."""
        now = float("inf") if self.question.stopping else time.monotonic()
        gone = [phone for phone in self.phones if phone.until <= now]
        self.phones = [phone for phone in self.phones if phone.until > now]
        return gone

    def beat(self) -> None:
        """Tell everybody who waits, if it is time, that the connection lives."""
        if time.monotonic() < self.beat_at:
            return
        self.beat_at = self._next_beat()
        phones, self.phones = self.phones, []
        for phone in _by_turns(phones):
            try:
                phone.tell(_chunk(b"\n"))
                self.phones.append(phone)
            except OSError:
                phone.leave()


class Rooms:
    """All phones that one worker holds. It stands as WSGI middleware around the app."""

    TAKEN: tuple[bytes, ...] = (b"",)
    """The worker gets this for a reply whose connection is no longer its own."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._rooms: dict[Hashable, _Room] = {}
        self._greenlets = Group()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        head: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            head[:] = status, headers
            return start_response(status, headers, *error)

        reply = self._app(environ, start)
        if not isinstance(reply, Held) or environ["SERVER_PROTOCOL"] != "HTTP/1.1":
            return reply
        question = reply.question
        phone = _Phone(environ["gunicorn.socket"], time.monotonic() + question.wait_s)
        try:
            phone.tell(_head(*head) + _chunk(reply.opening))
            self._enter(question, phone)
        except OSError:
            phone.leave()
        return self.TAKEN

    def join(self, timeout_s: float) -> bool:
        """Wait until every phone has its answer, or for so long; whether they have. For a worker that stops."""
        return bool(self._greenlets.join(timeout_s))

    def _enter(self, question: Question, phone: _Phone) -> None:
        room = self._rooms.get(question.asked)
        if room is None:
            room = self._rooms[question.asked] = _Room(question)
            self._greenlets.spawn(self._wait, question.asked, room)
        room.phones.append(phone)

    def _wait(self, asked: Hashable, room: _Room) -> None:
        while room.phones and not room.question.moved(room.pause_s()):
            over = room.over()
            if over:
                self._answer(room.question.again(), over, over=True)
            room.beat()
        del self._rooms[asked]
        if room.phones:
            self._answer(room.question.again(), room.phones, over=False)

    def _answer(self, question: Question, phones: list[_Phone], *, over: bool) -> None:
        try:
            pieces = question.rest(over=over)
            first, second = next(pieces, None), next(pieces, None)
        except BrokenOff:
            for phone in phones:
                phone.leave()
            return
        if first is None:
            for phone in phones:
                self._enter(question, phone)
        elif second is None:
            text = _chunk(first) + _END
            for phone in _by_turns(phones):
                self._finish(phone, text)
        else:
            for phone in _by_turns(phones):
                self._greenlets.spawn(phone.stream, _chunks(question.again().rest(over=True)))

    def _finish(self, phone: _Phone, text: bytes) -> None:
        try:
            left = phone.send(text)
        except OSError:
            left = b""
        if left:
            self._greenlets.spawn(phone.stream, (left,))
        else:
            phone.leave()


def _by_turns(phones: list[_Phone]) -> Iterator[_Phone]:
    """These phones, with a turn for other greenlets in between."""
    for number, phone in enumerate(phones, 1):
        yield phone
        if number % AT_A_TIME == 0:
            gevent.sleep(0)


def _head(status: str, headers: list[tuple[str, str]]) -> bytes:
    """Status line and headers of a reply whose connection ends with it."""
    ours = [("Date", formatdate(usegmt=True)), ("Connection", "close"), ("Transfer-Encoding", "chunked")]
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (*headers, *ours))]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        if piece:
            yield _chunk(piece)
    yield _END
