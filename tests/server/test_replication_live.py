"""What needs real processes: feeds that are held while others write, stopping, and dying together."""

from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.live import ROOT, STOP_S, Live, free_port, running, start
from tests.support.records import as_json, visit
from tests.support.town import GRID_1, GRID_2, settle_town

HELD = 300


def lines_of(stream: httpx.Response) -> Iterator[str]:
    return stream.iter_lines()


def write(live: Live, number: int) -> str:
    """Put one record into the first grid as a server would; its id."""
    record = visit(number)
    with live.client("peer") as peer:
        reply = peer.put(
            f"/db/{GRID_1}/{record.doc_id}?new_edits=false",
            content=as_json(record),
            headers={"Content-Type": "application/json"},
        )
    assert reply.status_code == 201, reply.text
    return record.doc_id


def test_a_held_feed_beats_and_then_brings_what_another_connection_wrote(live: Live) -> None:
    query = f"/db/{GRID_1}/_changes?feed=longpoll&since=now&heartbeat=150"
    with live.client("chen") as chen, chen.stream("GET", query) as held:
        assert held.headers["connection"] == "close"
        lines = lines_of(held)
        assert next(lines) == '{"results":['
        assert next(lines) == ""  # a heartbeat
        doc_id = write(live, 1)
        rest = "".join(lines)
    assert [row["id"] for row in json.loads('{"results":[' + rest)["results"]] == [doc_id]


def test_a_write_wakes_the_waiters_of_its_grid_in_every_process_and_nobody_else(live: Live) -> None:
    """As many waiters as land on both processes for certain; each hears of the write, none of another grid."""
    query = "feed=longpoll&since=now&timeout=20000"
    with live.client("lin") as lin, ExitStack() as stack:
        clients = [
            stack.enter_context(httpx.Client(headers=lin.headers, base_url=live.url, timeout=60))
            for _ in range(12)
        ]
        held = [
            lines_of(stack.enter_context(c.stream("GET", f"/db/{GRID_1}/_changes?{query}"))) for c in clients
        ]
        beside = lines_of(
            stack.enter_context(clients[0].stream("GET", f"/db/{GRID_2}/_changes?{query[:-5]}1500"))
        )
        assert {next(lines) for lines in (*held, beside)} == {'{"results":['}
        doc_id = write(live, 2)
        bodies = [json.loads('{"results":[' + "".join(lines)) for lines in held]
        assert [[row["id"] for row in body["results"]] for body in bodies] == [[doc_id]] * len(held)
        assert json.loads('{"results":[' + "".join(beside))["results"] == []


def test_a_client_of_http_1_0_is_held_too(live: Live) -> None:
    host, port = live.url.removeprefix("http://").split(":")
    request = f"GET /db/{GRID_1}/_changes?feed=longpoll&since=now&heartbeat=150 HTTP/1.0"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"{request}\r\nAuthorization: Bearer {live.token('chen')}\r\n\r\n".encode())
        text = connection.recv(65536)
        while b"\n\n" not in text.partition(b"\r\n\r\n")[2]:
            text += connection.recv(65536)
        doc_id = write(live, 6)
        text += b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = text.partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert [row["id"] for row in json.loads(body)["results"]] == [doc_id]


def test_a_web_process_may_open_as_many_files_as_the_system_lets_it(tmp_path: Path) -> None:
    """Ten thousand phones are ten thousand files, and a shell gives 1,024."""
    settle_town(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        live = start(tmp_path, web_processes=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        (worker,) = psutil.Process(live.process.pid).children()
        assert worker.rlimit(psutil.RLIMIT_NOFILE) == (hard, hard)
    finally:
        live.stop()


def test_a_continuous_feed_follows(live: Live) -> None:
    query = f"/db/{GRID_1}/_changes?feed=continuous&since=now&heartbeat=150&limit=2"
    with live.client("chen") as chen, chen.stream("GET", query) as held:
        lines = lines_of(held)
        assert next(lines) == ""
        written = [write(live, 3), write(live, 4)]
        rows = [json.loads(line) for line in lines if line]
    assert [row.get("id") for row in rows] == [*written, None]


@pytest.mark.parametrize("feed", ["longpoll", "continuous", "eventsource"])
def test_a_feed_that_is_held_ends_whole_when_its_database_goes(live: Live, feed: str) -> None:
    with live.client("admin") as admin, live.client("admin") as other:
        other.put("/db/going")
        with admin.stream("GET", f"/db/going/_changes?feed={feed}&heartbeat=150") as held:
            lines = lines_of(held)
            next(lines)
            assert other.delete("/db/going").status_code == 200
            text = "".join(lines)
        if feed != "eventsource":
            assert text.endswith('"last_seq":"0-0","pending":0}')


def test_waiting_phones_hold_no_thread(live: Live) -> None:
    with live.client("chen") as chen, ExitStack() as stack:
        limits = httpx.Limits(max_connections=HELD + 5)
        client = stack.enter_context(httpx.Client(headers=chen.headers, base_url=live.url, limits=limits))
        query = f"/db/{GRID_1}/_changes?feed=longpoll&since=now&heartbeat=60000"
        for _ in range(HELD):
            held = stack.enter_context(client.stream("GET", query, timeout=60))
            assert next(lines_of(held)) == '{"results":['
        workers = psutil.Process(live.process.pid).children(recursive=True)
        assert len(workers) == 2
        assert sum(worker.num_threads() for worker in workers) < 60
        assert client.get("/healthz", timeout=10).status_code == 200


def test_a_stop_ends_held_feeds_and_idle_connections_at_once(tmp_path: Path) -> None:
    settle_town(tmp_path, {"chen": ("worker", "350505001999001")})
    live = start(tmp_path, web_processes=1, graceful_stop_s=20)
    query = f"/db/{GRID_1}/_changes?feed=longpoll&since=now&heartbeat=60000"
    with live.client("chen") as chen, chen.stream("GET", query) as held:
        lines = lines_of(held)
        assert next(lines) == '{"results":['
        ended: list[int] = []
        stopping = threading.Thread(target=lambda: ended.append(live.stop()))
        stopping.start()
        rest = "".join(lines)
        stopping.join(10)
    assert ended == [0]
    assert json.loads('{"results":[' + rest)["results"] == []


def test_serve_stops_everything_at_ctrl_c(tmp_path: Path) -> None:
    live = start(tmp_path, "serve", web_processes=1)
    family = psutil.Process(live.process.pid).children(recursive=True)
    assert len(family) == 2
    assert live.stop(signal.SIGINT) == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []


def test_when_the_web_dies_the_followers_stop_with_its_exit_code(tmp_path: Path) -> None:
    live = start(tmp_path, "serve", web_processes=1)
    family = psutil.Process(live.process.pid).children(recursive=True)
    (web,) = psutil.Process(live.process.pid).children()
    web.send_signal(signal.SIGKILL)
    assert live.process.wait(STOP_S) == 128 + signal.SIGKILL
    assert psutil.wait_procs(family, timeout=15)[1] == []


def test_when_the_followers_die_the_web_stops(tmp_path: Path) -> None:
    live = start(tmp_path, "serve", web_processes=1)
    family = psutil.Process(live.process.pid).children(recursive=True)
    live.process.send_signal(signal.SIGKILL)
    assert live.process.wait(STOP_S) == -signal.SIGKILL
    assert psutil.wait_procs(family, timeout=15)[1] == []


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_busy_port_is_one_clear_sentence(tmp_path: Path, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", command, "--port", str(port), "--data", str(tmp_path)],
            cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_server_starts_again_on_its_data(tmp_path: Path) -> None:
    settle_town(tmp_path, {"chen": ("worker", "350505001999001"), "peer": ("server", "")})
    port = free_port()
    with running(tmp_path, port=port) as live:
        doc_id = write(live, 5)
    with running(tmp_path, port=port) as live, live.client("chen") as chen:
        assert chen.get(f"/db/{GRID_1}/{doc_id}").status_code == 200
