"""A client that costs almost nothing: prepared bodies over one kept connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.bench.sides import Side


def push(side: Side, database: str, bodies: Sequence[bytes]) -> None:
    """Push prepared batches one after another over one connection; every document must be taken."""
    parts = urlsplit(side.root)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=600)
    headers = {"Content-Type": "application/json", **side.headers}
    for body in bodies:
        connection.request("POST", f"{parts.path}/{database}/_bulk_docs", body, headers)
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != 201 or text.strip() != b"[]":
            raise AssertionError(f"{side.name}: {reply.status} {text[:300]!r}")
    connection.close()


def seconds(side: Side, work: dict[str, Sequence[bytes]]) -> float:
    """How long it takes to push to each of these databases, one connection to each, all at once."""
    threads = [
        threading.Thread(target=push, args=(side, database, bodies)) for database, bodies in work.items()
    ]
    for database in work:
        side.fresh(database)
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken_s = time.perf_counter() - begun
    check(side, work)
    return taken_s


def check(side: Side, work: dict[str, Sequence[bytes]]) -> None:
    """Every document that was pushed is there."""
    with side.client() as client:
        for database, bodies in work.items():
            wanted = sum(body.count(b'"_revisions"') for body in bodies)
            found = client.get(f"/{database}").raise_for_status().json()["doc_count"]
            if found != wanted:
                raise AssertionError(f"{side.name}: {database} has {found} of {wanted} documents")
