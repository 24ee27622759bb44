"""A proxy that counts the documents that are pushed through it, and can hold an answer back."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import orjson

_ASKED = {"connection", "content-length", "host", "accept-encoding"}
_ANSWERED = {"connection", "content-length", "content-encoding", "transfer-encoding"}


class Counter:
    """What came through, and where to stop."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.url = ""
        self.pushed: list[tuple[str, str, str]] = []
        """(database, id, rev) of every document in a `_bulk_docs`, in order."""
        self.hold_at: int | None = None
        """The number of documents after which the answer is held back until `release`."""
        self.held = threading.Event()
        self.release = threading.Event()
        self._lock = threading.Lock()

    def note(self, path: str, body: bytes) -> bool:
        """Count a request; whether its answer is to be held back."""
        if not path.partition("?")[0].endswith("/_bulk_docs"):
            return False
        database = path.strip("/").split("/")[-2]
        with self._lock:
            plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
            self.pushed += [(database, doc["_id"], doc["_rev"]) for doc in orjson.loads(plain)["docs"]]
            return self.hold_at is not None and len(self.pushed) >= self.hold_at


@contextmanager
def counting(upstream: str) -> Iterator[Counter]:
    """A proxy before `upstream`, on a free port of this machine."""
    counter = Counter(upstream)
    client = httpx.Client(timeout=60, trust_env=False)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _ASKED}
            hold = counter.note(self.path, body)
            answer = client.request(self.command, counter.upstream + self.path, content=body, headers=headers)
            if hold:
                counter.held.set()
                counter.release.wait(60)
            try:
                self._answer(answer)
            except OSError:  # who asked has been killed
                self.close_connection = True

        def _answer(self, answer: httpx.Response) -> None:
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _ANSWERED:
                    self.send_header(name, value)
            content = b"" if self.command == "HEAD" else answer.content
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _forward  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    counter.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield counter
    finally:
        counter.release.set()
        server.shutdown()
        server.server_close()
        client.close()
        thread.join(10)
