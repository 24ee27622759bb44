"""Attachments of 200 MiB through running servers: no process ever holds more than a small part of one.

What is measured is the highest resident memory of each process, as the kernel notes it, so nothing depends on when it
is looked at.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.behind import keeping, served
from tests.support.lengthy import MIB, Cost, Lengthy, digest_of
from tests.support.live import ROOT, Live, running
from tests.support.town import password_of, settle_town

FILM, SHOW = Lengthy(seed=1, length_mib=200), Lengthy(seed=2, length_mib=200)
COST_MIB_MAX = 32
"""What a process may take beyond what it takes at rest, a sixth of what passes through it."""

Servers = list[Live]
"""Those whose memory is looked at; the first is the one that is asked."""


@contextmanager
def embedded(folder: Path) -> Iterator[Servers]:
    settle_town(folder / "data")
    with running(folder / "data", web_processes=1) as server:
        yield [server]


@contextmanager
def behind_another(folder: Path) -> Iterator[Servers]:
    settle_town(folder / "keeper", {"peer": ("server", "")})
    with running(folder / "keeper", web_processes=1) as keeper:
        url = keeper.db.replace("://", f"://peer:{password_of('peer')}@")
        with served(url, folder / "front", "web", web_processes=1) as front:
            yield [front, keeper]


@contextmanager
def behind_couchdb(folder: Path) -> Iterator[Servers]:
    with keeping("couchdb", folder) as url, served(url, folder / "front", "web", web_processes=1) as front:
        yield [front]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(embedded, id="embedded"),
        pytest.param(behind_another, id="behind another"),
        pytest.param(behind_couchdb, id="behind CouchDB", marks=[pytest.mark.foreign, pytest.mark.couchdb]),
    ],
)
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    kind: Callable[[Path], Any] = request.param
    with kind(tmp_path_factory.mktemp("servers")) as servers:
        with client_of(servers[0]) as client:
            client.delete("/db/films")
            client.put("/db/films").raise_for_status()
            put(client, "/db/films/first/f", Lengthy(seed=3, length_mib=4))  # what is loaded once is loaded
            put_related(client, "/db/films/second", Lengthy(seed=4, length_mib=4))
        yield servers


def client_of(server: Live) -> httpx.Client:
    return server.client("admin")


def put(client: httpx.Client, path: str, film: Lengthy) -> None:
    headers = {"Content-Type": "video/mp4", "Content-Length": str(film.length_bytes)}
    client.put(path, content=film.pieces(), headers=headers).raise_for_status()


def put_related(client: httpx.Client, path: str, film: Lengthy) -> None:
    """As CouchDB's replicator sends it: a revision with its history, then the bytes."""
    stub = {"follows": True, "content_type": "video/mp4", "length": film.length_bytes, "digest": film.digest}
    history = {"start": 1, "ids": [f"{film.seed:032x}"]}
    text = json.dumps({"_revisions": history, "_attachments": {"f": stub}}).encode()
    head = b"--EDGE\r\nContent-Type: application/json\r\n\r\n" + text + b"\r\n--EDGE\r\n\r\n"
    tail = b"\r\n--EDGE--"

    def body() -> Iterator[bytes]:
        yield head
        yield from film.pieces()
        yield tail

    length = len(head) + film.length_bytes + len(tail)
    headers = {"Content-Type": 'multipart/related; boundary="EDGE"', "Content-Length": str(length)}
    client.put(f"{path}?new_edits=false", content=body(), headers=headers).raise_for_status()


def test_it_goes_in_and_out_within_little_memory(servers: Servers) -> None:
    costs = [Cost(server) for server in servers]
    with client_of(servers[0]) as client:
        put(client, "/db/films/a/f", FILM)
        put_related(client, "/db/films/b", SHOW)
        for doc_id, film in (("a", FILM), ("b", SHOW)):
            stub = client.get(f"/db/films/{doc_id}").json()["_attachments"]["f"]
            assert (stub["digest"], stub["length"]) == (film.digest, film.length_bytes)
            with client.stream("GET", f"/db/films/{doc_id}/f") as reply:
                assert reply.headers["Content-Length"] == str(film.length_bytes)
                assert digest_of(reply.iter_raw()) == film.digest
        part = client.get("/db/films/a/f", headers={"Range": f"bytes={77 * MIB - 5}-{77 * MIB + 4}"})
        assert (part.status_code, part.content) == (206, b"".join(FILM.pieces(77 * MIB - 5, 77 * MIB + 5)))
        as_parts, as_json = (length(client, accept) for accept in ("multipart/related", "application/json"))
        assert FILM.length_bytes < as_parts < FILM.length_bytes + 2000
        assert FILM.length_bytes * 4 // 3 < as_json < FILM.length_bytes * 4 // 3 + 2000
    check(costs)


def length(client: httpx.Client, accept: str) -> int:
    """How long the document is with its film."""
    headers = {"Accept": accept, "Accept-Encoding": "identity"}
    with client.stream("GET", "/db/films/a?attachments=true", headers=headers) as reply:
        return sum(map(len, reply.iter_raw()))


def check(costs: list[Cost]) -> None:
    assert [cost.mib < COST_MIB_MAX for cost in costs] == [True] * len(costs), [cost.mib for cost in costs]


def test_it_is_replicated_within_little_memory(tmp_path: Path) -> None:
    """By the command: from a server over HTTP to another one, and from that one's own folder to a third."""
    with ExitStack() as stack:
        servers = [stack.enter_context(target(tmp_path / name)) for name in ("first", "second", "third")]
        first, second, third = servers
        with first.client("peer") as client:
            for database, film in (("short", Lengthy(seed=3, length_mib=4)), ("long", FILM)):
                client.put(f"/db/{database}").raise_for_status()
                put(client, f"/db/{database}/a/f", film)
        ways = [(second.data, named(first), named(second)), (second.data, "local", named(third))]
        at_rest = [replicated_mib(*way, "short") for way in ways]
        costs = [Cost(server) for server in servers]
        carrying = [replicated_mib(*way, "long") for way in ways]
        check(costs)
        assert [one < other + COST_MIB_MAX for one, other in zip(carrying, at_rest, strict=True)] == [
            True,
            True,
        ]
        with third.client("peer") as client, client.stream("GET", "/db/long/a/f") as reply:
            assert digest_of(reply.iter_raw()) == FILM.digest


@contextmanager
def target(data: Path) -> Iterator[Live]:
    settle_town(data, {"peer": ("server", "")})
    with running(data, web_processes=1) as server:
        yield server


def named(server: Live) -> str:
    return server.db.replace("://", f"://peer:{password_of('peer')}@")


_TELLING = """
import atexit, server.cli
atexit.register(lambda: print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM"))))
server.cli.main()
"""


def replicated_mib(data: Path, source: str, target: str, database: str) -> float:
    """Run the command for one database; the most memory that it took."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("JINLIN_")}
    arguments = ["replicate", source, target, "--database", database, "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", _TELLING, *arguments],
        cwd=ROOT, env={**env, "JINLIN_DATA": str(data)}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout.split()[1]) / 1024
