"""A batch of documents is not searched for cycles while it is read."""

import gc
import subprocess
import sys
from pathlib import Path

import orjson

from tests.support.records import batch_of, visit

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import gc, sys
from server.garbage import collect_seldom
from sync import wire
collect_seldom()
runs = sum(stat["collections"] for stat in gc.get_stats())
documents = [wire.read_document(member, bytes_max=2**20) for member in wire.read_batch(sys.stdin.buffer.read()).members]
print(len(documents), sum(stat["collections"] for stat in gc.get_stats()) - runs, gc.get_freeze_count() > 10_000)
"""


def test_reading_500_documents_starts_no_search() -> None:
    batch = batch_of(*(visit(number) for number in range(500)))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, input=batch, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"500", b"0", b"True"]


def test_it_would_start_some_by_default() -> None:
    batch = batch_of(*(visit(number) for number in range(500)))
    before = gc.get_stats()[0]["collections"]
    parsed = orjson.loads(batch)
    assert len(parsed["docs"]) == 500
    assert gc.get_stats()[0]["collections"] > before


def test_what_a_failed_request_held_goes_with_it() -> None:
    script = """
import gc, weakref
from gevent import monkey
monkey.patch_all(thread=False)
from server.native import offload
gc.disable()
class Held:
    pass
def fail(held):
    raise ValueError("no")
def request():
    held = Held()
    try:
        offload(fail, held)
    except ValueError:
        return weakref.ref(held)
seen = request()
offload(int)  # a native thread holds on to what it did last
print(seen())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"None\n"


def test_what_a_server_at_rest_does_not_need_is_not_loaded() -> None:
    script = "import sys, server.cli, server.web, server.workers; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    )
    heavy = {"PIL", "openpyxl", "python_calamine", "ibmcloudant", "requests", "rich", "regex"}
    assert heavy.isdisjoint(done.stdout.split())
    assert "sqlalchemy.dialects.postgresql" not in done.stdout.split()


def test_the_followers_load_nothing_of_the_web() -> None:
    script = "import sys, server.cli, server.workers; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert {"flask", "gunicorn", "server.app"}.isdisjoint(done.stdout.split())
