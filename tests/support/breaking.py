"""Something between us and a server that breaks on command: what a network and a sick server do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Fault = Literal["hangs up", "says nothing", "500", "429", "garbage", "breaks off", "answer is lost"]
FAULTS: tuple[Fault, ...] = (
    "hangs up", "says nothing", "500", "429", "garbage", "breaks off", "answer is lost",
)  # fmt: skip


class Breaking:
    """Passes requests on until `left` have gone through; from then on each meets the fault, until it is mended."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self.target = (str(parts.hostname), int(parts.port or 80))
        self.url = ""
        self.fault: Fault = "500"
        self.left: int | None = None
        self.passed = 0
        self.over = threading.Event()

    def breaks_after(self, requests: int, fault: Fault) -> None:
        """From the request after so many on, nothing goes well."""
        self.left, self.fault, self.passed = requests, fault, 0

    def mend(self) -> None:
        """Everything goes through again."""
        self.left = None

    def next_is_broken(self) -> bool:
        """Count one request."""
        self.passed += 1
        return self.left is not None and self.passed > self.left


@contextmanager
def breaking(target: str) -> Iterator[Breaking]:
    """A door to the server at a URL (`http://host:port/…`, whose path is kept), on a free port of this machine."""
    door = Breaking(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = door.fault if door.next_is_broken() else None
            if fault == "hangs up":
                self.close_connection = True
            elif fault == "says nothing":
                door.over.wait(3)
                self.close_connection = True
            elif fault in ("500", "429"):
                self._reply(int(fault), b'{"error":"broken","reason":"on purpose"}')
            elif fault == "garbage":
                self._reply(200, b"<html>It works!</html>")
            else:
                self._forward(body, fault)

        def _forward(self, body: bytes, fault: Fault | None) -> None:
            there = http.client.HTTPConnection(*door.target, timeout=30)
            try:
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                there.request(self.command, self.path, body, headers | {"Accept-Encoding": "identity"})
                answer = there.getresponse()
                text = answer.read()
            finally:
                there.close()
            if fault == "answer is lost":
                self.close_connection = True
            else:
                ranges = answer.headers.get("Accept-Ranges")
                self._reply(answer.status, text, ranges, cut=fault == "breaks off")

        def _reply(self, status: int, text: bytes, ranges: str | None = None, *, cut: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if ranges:
                self.send_header("Accept-Ranges", ranges)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text[: len(text) // 2] if cut else text)
            self.close_connection = self.close_connection or cut

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass  # noqa: N815  # the library's names

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    door.url = target.replace(f"{door.target[0]}:{door.target[1]}", f"127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield door
    finally:
        door.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
