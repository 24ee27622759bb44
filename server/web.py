"""The web processes: gunicorn with gevent workers, inside our own command."""

from __future__ import annotations

import socket
from contextlib import closing
from functools import partial
from typing import Any

import gevent
from flask import Flask
from gevent import monkey
from gevent import socket as cooperative
from gunicorn.app.base import BaseApplication
from gunicorn.workers.ggevent import GeventWorker

from server.app import build_services, unopened_app
from server.balance import Balance, Door
from server.garbage import collect_seldom
from server.holding import Rooms
from server.ports import check_port
from server.process import lift_file_limit, share_one_heap
from server.services import EXTENSION, Services
from server.settings import Settings
from server.startup import prepare
from server.watching import Watch

_PLACES = 8
"""Of processes, for each that is to run: those that are being replaced have theirs until they end."""
THREAD_IDLE_S = 600
"""A native thread ends when it had nothing to do for so long, and with it its connection to a server behind."""


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn ships no types
    """A gevent worker whose threads stay native, and whose held requests end when it is told to stop.

    Verbs of the store, argon2 and image work run in native threads (`server/native.py`); a patched
    `threading.Lock` would make such a thread wait for a hub that is not its own.
    """

    sockets: list[Any]
    wsgi: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._balance: Balance = self.app.balance
        self._place = self._balance.join()
        self._idle: set[_Idle] = set()
        self._watch: Watch | None = None

    def patch(self) -> None:
        monkey.patch_all(thread=False)
        gevent.config.threadpool_idle_task_timeout = THREAD_IDLE_S
        self.sockets = [
            cooperative.socket(s.FAMILY, socket.SOCK_STREAM, fileno=s.sock.detach()) for s in self.sockets
        ]

    def load_wsgi(self) -> None:
        super().load_wsgi()
        services: Services = self.wsgi.extensions[EXTENSION]
        self._watch = services.watch
        self.wsgi = self._rooms = Rooms(self.wsgi)
        collect_seldom()

    def server_class(self, listener: Any, *, spawn: Any, **_: Any) -> Door:
        """What takes the connections that come to a socket."""
        handle = partial(self.handle, listener)
        return Door(listener, self._balance, self._place, handle=handle, spawn=spawn)

    def handle(self, listener: Any, client: Any, address: Any) -> None:
        with self._balance.connection(self._place):
            super().handle(listener, client, address)

    def left(self) -> None:
        """The process has ended (told in the one that made it)."""
        self._balance.leave(self._place)

    def is_already_handled(self, respiter: Any) -> bool:
        if respiter is Rooms.TAKEN:
            raise StopIteration  # the end of this connection, as far as its greenlet is concerned
        return False

    def run(self) -> None:
        super().run()
        self._rooms.join(self.cfg.graceful_timeout)

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._send_home()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        self._send_home()
        super().handle_quit(sig, frame)

    def timeout_ctx(self) -> _Idle:
        return _Idle(self._idle, self.cfg.keepalive if self.alive else 0)

    def _send_home(self) -> None:
        for idle in list(self._idle):
            idle.end()
        if self._watch is not None:
            self._watch.stop()


class _Idle:
    """A connection that waits for its next request: for `seconds`, or until the worker stops."""

    def __init__(self, idle: set[_Idle], seconds: float) -> None:
        self._all = idle
        self._timeout = gevent.Timeout(seconds, False)
        self._greenlet = gevent.getcurrent()

    def __enter__(self) -> None:
        self._all.add(self)
        self._timeout.start()

    def __exit__(self, kind: Any, value: BaseException | None, trace: Any) -> bool:
        self._all.discard(self)
        self._timeout.close()
        return value is self._timeout

    def end(self) -> None:
        """End the wait as if its time were up."""
        gevent.get_hub().loop.run_callback(self._interrupt)

    def _interrupt(self) -> None:
        if self in self._all:
            self._greenlet.throw(self._timeout)


class Web(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn, configured by our settings alone. The app is made here, before the fork, and opened in each worker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app = unopened_app(settings)
        self.balance = Balance(_PLACES * settings.web_processes)
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        chosen = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.web_processes,
            "worker_class": Worker,
            "worker_connections": 10_000,
            "child_exit": lambda _arbiter, worker: worker.left(),
            "graceful_timeout": settings.graceful_stop_s,
            "timeout": 120,
            "keepalive": 75,
            "proc_name": "jinlin-web",
            "loglevel": "warning",
            "limit_request_line": 8190,
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        self._app.extensions[EXTENSION] = build_services(self._settings)
        return self._app


def run(settings: Settings) -> None:
    """Serve until a signal; `PortTaken` if somebody listens there already. It does not return.

    What can be done before the fork is: the workers share it, and what goes wrong is said once.
    """
    monkey.patch_all(thread=False)  # also before the client of a store behind a URL is imported
    check_port(settings.host, settings.port)
    lift_file_limit()
    share_one_heap()
    with closing(build_services(settings)) as parts:
        prepare(parts)
    web = Web(settings)
    collect_seldom()
    web.run()
