"""The follower loop: nothing missed, nothing held up, started again where it was."""

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import pytest

from server import workers
from server.followers import PARKED_AFTER, Ledger
from server.following import Workers
from server.logs import configure
from sync import causal
from sync.errors import StoreUnavailable
from sync.settle import SettleFollower
from sync.sqlite import SqliteStores
from tests.sync.documents import body, edited, first


@dataclass
class Recorder:
    """A follower that writes down what it was given, and fails where it is told to."""

    name: str = "recorder"
    bad: set[str] = field(default_factory=set)
    down: bool = False
    seen: list[tuple[str, str]] = field(default_factory=list)
    swept: list[str] = field(default_factory=list)

    def handles(self, database):
        return database.startswith("grid-")

    def handle(self, store, changes):
        if self.down:
            raise StoreUnavailable(store.name)
        for change in changes:
            if change.doc_id in self.bad:
                raise KeyError("陈女士的电话")
        self.seen += [(store.name, change.doc_id) for change in changes]

    def sweep(self, store):
        self.swept.append(store.name)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def stores(tmp_path):
    stores = SqliteStores(tmp_path / "stores")
    yield stores
    stores.close()


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "followers.sqlite")
    yield ledger
    ledger.close()


@pytest.fixture
def clock():
    return Clock()


def until_quiet(loop):
    rounds = 0
    while loop.round():
        rounds += 1
        assert rounds < 1000
    return rounds


def test_every_change_of_every_database_reaches_a_follower(stores, ledger, clock):
    for name in ("grid-aaaaaaaaaaaa", "grid-bbbbbbbbbbbb"):
        grid = stores.create(name)
        for n in range(450):
            grid.put(f"record:{n:03}", {})
    stores.create("forms").put("form:visit:1", {})
    follower = Recorder()
    until_quiet(Workers(stores, [follower], ledger, clock))
    assert len(follower.seen) == len(set(follower.seen)) == 900


def test_a_new_process_goes_on_where_the_last_one_stopped(stores, ledger, clock):
    grid = stores.create("grid-aaaaaaaaaaaa")
    grid.put("record:1", {})
    until_quiet(Workers(stores, [Recorder()], ledger, clock))
    grid.put("record:2", {})
    follower = Recorder()
    until_quiet(Workers(stores, [follower], ledger, clock))
    assert follower.seen == [("grid-aaaaaaaaaaaa", "record:2")]


def test_a_database_that_was_made_again_is_followed_from_the_beginning(stores, ledger, clock):
    stores.create("grid-aaaaaaaaaaaa").put("record:1", {})
    follower = Recorder()
    loop = Workers(stores, [follower], ledger, clock)
    until_quiet(loop)
    stores.delete("grid-aaaaaaaaaaaa")
    until_quiet(loop)
    stores.create("grid-aaaaaaaaaaaa").put("record:1", {})
    until_quiet(loop)
    assert follower.seen == [("grid-aaaaaaaaaaaa", "record:1")] * 2


def test_one_bad_change_stops_nothing_but_itself(stores, ledger, clock):
    grid = stores.create("grid-aaaaaaaaaaaa")
    for n in range(5):
        grid.put(f"record:{n}", {})
    follower, other = Recorder(bad={"record:2"}), Recorder("other")
    until_quiet(Workers(stores, [follower, other], ledger, clock))
    assert [doc_id for _, doc_id in follower.seen] == ["record:0", "record:1", "record:3", "record:4"]
    assert len(other.seen) == 5


def test_a_change_that_fails_five_times_is_parked_without_a_word_of_it(stores, ledger, clock):
    rev = stores.create("grid-aaaaaaaaaaaa").put("record:2", {})
    loop = Workers(stores, [Recorder(bad={"record:2"})], ledger, clock)
    until_quiet(loop)
    for _ in range(PARKED_AFTER - 1):
        assert [t.parked for t in ledger.troubles()] == [False]
        clock.now += 60
        until_quiet(loop)
    (trouble,) = ledger.troubles()
    assert (trouble.parked, trouble.doc_id, trouble.rev, trouble.error) == (True, "record:2", rev, "KeyError")
    clock.now += 1e6
    assert not loop.round()
    assert "陈女士" not in repr(ledger.troubles())


def test_a_parked_change_is_tried_again_when_it_is_forgiven(stores, ledger, clock):
    stores.create("grid-aaaaaaaaaaaa").put("record:2", {})
    follower = Recorder(bad={"record:2"})
    loop = Workers(stores, [follower], ledger, clock)
    for _ in range(PARKED_AFTER):
        until_quiet(loop)
        clock.now += 60
    follower.bad.clear()
    assert ledger.forgive() == 1
    until_quiet(loop)
    assert follower.seen == [("grid-aaaaaaaaaaaa", "record:2")]
    assert ledger.troubles() == []


def test_a_later_revision_that_is_handled_ends_the_trouble(stores, ledger, clock):
    grid = stores.create("grid-aaaaaaaaaaaa")
    rev = grid.put("record:2", {})
    follower = Recorder(bad={"record:2"})
    loop = Workers(stores, [follower], ledger, clock)
    until_quiet(loop)
    follower.bad.clear()
    grid.put("record:2", {"mended": True}, rev)
    until_quiet(loop)
    assert ledger.troubles() == []


def test_an_outage_is_waited_out_and_counts_against_no_change(stores, ledger, clock):
    stores.create("grid-aaaaaaaaaaaa").put("record:1", {})
    follower = Recorder(down=True)
    loop = Workers(stores, [follower], ledger, clock)
    for _ in range(20):
        loop.round()
        clock.now += 60
    assert ledger.troubles() == []
    follower.down = False
    until_quiet(loop)
    assert follower.seen == [("grid-aaaaaaaaaaaa", "record:1")]


def test_the_settle_follower_comes_to_rest_in_the_loop(stores, ledger, clock):
    grid = stores.create("grid-aaaaaaaaaaaa")
    root = first(body({"phone": "1"}))
    grid.graft([edited(root, "dev-chen", {"phone": "2"}), edited(root, "dev-zhang", {"phone": "3"})])
    loop = Workers(stores, [SettleFollower()], ledger, clock)
    until_quiet(loop)
    (leaf,) = [leaf for leaf in grid.leaves(root.doc_id) if not leaf.deleted]
    assert len(causal.open_questions(leaf.fields)["phone"]) == 2


def test_lag_tells_what_is_left_and_what_is_parked(stores, ledger, clock, tmp_path):
    grid = stores.create("grid-aaaaaaaaaaaa")
    grid.put("record:1", {})
    loop = Workers(stores, [Recorder("settle")], ledger, time.time)
    assert workers.lag(tmp_path, stores, ("settle",)).behind == {"settle": 1}
    until_quiet(loop)
    ledger.beat(time.time())
    lag = workers.lag(tmp_path, stores, ("settle",))
    assert (lag.behind, lag.parked) == ({"settle": 0}, [])
    assert lag.silent_s is not None
    assert lag.silent_s < 60


def test_lag_of_a_server_whose_worker_never_ran(stores, tmp_path):
    stores.create("grid-aaaaaaaaaaaa")
    lag = workers.lag(tmp_path / "elsewhere", stores, ("settle",))
    assert (lag.behind, lag.silent_s) == ({"settle": 1}, None)


def test_a_loop_stops_when_it_is_told_to(stores, ledger, clock):
    stop = threading.Event()
    thread = threading.Thread(target=Workers(stores, [], _Unbound(), clock).run, args=(stop, 0.01))
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_an_outage_is_told_when_it_begins_and_when_it_ends(ledger, clock, capsys):
    stop = threading.Event()

    class Away:
        """Stores that are away for two rounds, there for one, and away again."""

        rounds = iter([True, True, False, True])

        def update_seqs(self):
            away = next(self.rounds, None)
            if away is None:
                stop.set()
            if away:
                raise StoreUnavailable("the server cannot be reached")
            return {}

    configure("warning")
    Workers(Away(), [], ledger, clock).run(stop, 0)
    again = ["stores unavailable", "stores available again"]
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == again + again


class _Unbound:
    """A ledger for a loop without followers, whose SQLite connection would belong to another thread."""

    def due(self, _now_s):
        return []

    def beat(self, _now_s):
        pass


def test_the_worker_process_settles_and_stops_cleanly_on_sigterm(tmp_path):
    data = tmp_path / "data"
    stores = SqliteStores(data / "stores")
    grid = stores.create("grid-aaaaaaaaaaaa")
    root = first(body({"phone": "1"}))
    grid.graft([edited(root, "dev-chen", {"phone": "2"}), edited(root, "dev-zhang", {"phone": "3"})])
    code = (
        "import sys, threading; from server import settings, workers;"
        "workers.run(settings.load({}, {'data': sys.argv[1]}), threading.Event())"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(data)], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while sum(not leaf.deleted for leaf in grid.leaves(root.doc_id)) > 1:
            assert process.poll() is None
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
        stores.close()
    assert process.returncode == 0, errors.decode()


class Counted:
    """A set of stores that counts how often a feed is read."""

    def __init__(self, stores):
        self._stores = stores
        self.reads = []

    def __getattr__(self, name):
        return getattr(self._stores, name)

    def open(self, name):
        store = self._stores.open(name)
        read = store.changes

        def changes(since="0", **options):
            self.reads.append((name, since))
            return read(since, **options)

        store.changes = changes
        return store


@pytest.mark.parametrize("count", [1, 3, 10])
def test_however_many_followers_a_feed_is_read_once(stores, ledger, clock, count):
    grid = stores.create("grid-aaaaaaaaaaaa")
    for n in range(450):
        grid.put(f"record:{n:03}", {})
    counted = Counted(stores)
    followers = [Recorder(f"recorder{number}") for number in range(count)]
    until_quiet(Workers(counted, followers, ledger, clock))

    assert [len(follower.seen) for follower in followers] == [450] * count
    assert len(counted.reads) == 4  # 200, 200, 50, and nothing left


def test_one_who_is_behind_reads_for_himself_until_he_has_caught_up(stores, ledger, clock):
    grid = stores.create("grid-aaaaaaaaaaaa")
    grid.put("record:1", {})
    until_quiet(Workers(stores, [Recorder("old")], ledger, clock))
    grid.put("record:2", {})
    counted, old, new = Counted(stores), Recorder("old"), Recorder("new")
    until_quiet(Workers(counted, [old, new], ledger, clock))

    assert ([doc_id for _, doc_id in old.seen], len(new.seen)) == (["record:2"], 2)
    assert len(counted.reads) == 3


def test_what_was_purged_is_swept_once_and_after_a_new_start_too(stores, ledger, clock):
    grid = stores.create("grid-aaaaaaaaaaaa")
    rev = grid.put("record:1", {})
    follower = Recorder()
    loop = Workers(stores, [follower], ledger, clock)
    until_quiet(loop)
    assert follower.swept == ["grid-aaaaaaaaaaaa"]  # the first time: who knows what is kept from before
    grid.purge({"record:1": [rev]})
    until_quiet(loop)
    grid.put("record:2", {})
    until_quiet(loop)
    assert follower.swept == ["grid-aaaaaaaaaaaa"] * 2
    again = Recorder()
    until_quiet(Workers(stores, [again], ledger, clock))
    assert again.swept == []


def test_the_trouble_with_a_document_ends_when_it_is_purged(stores, ledger, clock):
    grid = stores.create("grid-aaaaaaaaaaaa")
    rev = grid.put("record:2", {})
    loop = Workers(stores, [Recorder(bad={"record:2"})], ledger, clock)
    until_quiet(loop)
    grid.purge({"record:2": [rev]})
    clock.now += 60
    until_quiet(loop)
    assert ledger.troubles() == []


def test_a_ledger_from_before_there_were_purges_is_read_on(stores, tmp_path, clock):
    stores.create("grid-aaaaaaaaaaaa").put("record:1", {})
    ledger = Ledger(tmp_path / "followers.sqlite")
    until_quiet(Workers(stores, [Recorder()], ledger, clock))
    ledger._db.execute("ALTER TABLE checkpoint DROP COLUMN purge_seq")
    ledger.close()
    ledger, follower = Ledger(tmp_path / "followers.sqlite"), Recorder()
    until_quiet(Workers(stores, [follower], ledger, clock))
    ledger.close()
    assert (follower.seen, follower.swept) == ([], ["grid-aaaaaaaaaaaa"])
