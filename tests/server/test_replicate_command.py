"""`jinlin replicate`: the grids of one server to a second Jinlin, and to `pouchdb-server`."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest

from sync.couchdb import open_url
from sync.peer import address
from sync.sqlite import SqliteStores
from tests.support.behind import FOREIGN_KEEPERS, wipe
from tests.support.counting import counting
from tests.support.live import free_port, running
from tests.support.town import GRIDS, password_of, settle_town
from tests.sync.documents import body, edited, first

DATABASES = ["directory", "forms", *GRIDS.values()]
EACH = 700


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The data folder of a server with three grids, an open conflict in each."""
    data = tmp_path_factory.mktemp("filled")
    settle_town(data)
    stores = SqliteStores(data / "stores")
    for database in GRIDS.values():
        grid = stores.open(database)
        grid.graft([first(body({"n": n}), f"household:{n:026}") for n in range(EACH)])
        root = first(body({"phone": "1"}), "household:contested")
        grid.graft([edited(root, "dev-chen", {"phone": "2"}), edited(root, "dev-zhang", {"phone": "3"})])
    stores.open("forms").put("form:of_the_tests:1", {"form": "of_the_tests", "version": 1})
    stores.close()
    return data


@pytest.fixture
def home(filled, tmp_path):
    """A copy of it for one test."""
    return shutil.copytree(filled, tmp_path / "home")


@pytest.fixture(scope="module")
def district_server(tmp_path_factory):
    """A second Jinlin that knows the account `peer` and has no grids yet."""
    data = tmp_path_factory.mktemp("district")
    settle_town(data)
    stores = SqliteStores(data / "stores")
    for database in GRIDS.values():
        stores.delete(database)
    stores.close()
    with running(data, web_processes=1) as server:
        yield server


@pytest.fixture
def district(district_server):
    """The district's address, without grids."""
    url = district_server.db
    with closing(open_url(with_name(url))) as stores:
        for database in GRIDS.values():
            if database in stores.names():
                stores.delete(database)
    return url


def with_name(url, name="peer"):
    return url.replace("://", f"://{name}:{password_of(name)}@")


def start(data, *arguments, stdin=subprocess.DEVNULL):
    env = {name: value for name, value in os.environ.items() if not name.startswith("JINLIN_")}
    return subprocess.Popen(
        [sys.executable, "-m", "server.cli", "replicate", *arguments],
        env={**env, "JINLIN_DATA": str(data)},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(data, *arguments, given=None):
    process = start(data, *arguments, stdin=subprocess.PIPE if given else subprocess.DEVNULL)
    output, _ = process.communicate(given, timeout=120)
    return process.returncode, output


def contents(stores, databases=DATABASES):
    found = {}
    for database in databases:
        store = stores.open(database)
        ids = [change.doc_id for change in store.changes()]
        for doc_id, leaves in store.leaves_many(ids).items():
            found[database, doc_id] = [(leaf.path, leaf.fields, leaf.deleted) for leaf in leaves]
    return found


def assert_all_there(data, url, databases=DATABASES):
    with closing(SqliteStores(data / "stores")) as ours, closing(open_url(url)) as theirs:
        sent, arrived = contents(ours, databases), contents(theirs, databases)
    assert {key: arrived.get(key) for key in sent} == sent


def test_every_grid_reaches_the_district_with_directory_and_forms(home, district):
    code, output = run(home, "local", with_name(district))
    assert code == 0, output
    assert f"{len(DATABASES)} 个数据库 databases" in output
    assert_all_there(home, with_name(district))


def test_a_second_run_sends_nothing(home, district):
    run(home, "local", with_name(district))
    with counting(district.removesuffix("/db")) as counter:
        code, output = run(home, "local", with_name(f"{counter.url}/db"))
    assert (code, counter.pushed) == (0, []), output


def test_killed_half_way_and_run_again_it_finishes_without_sending_twice(home, district):
    with counting(district.removesuffix("/db")) as counter:
        counter.hold_at = EACH + 600
        process = start(home, "local", with_name(f"{counter.url}/db"), "--parallel", "1")
        wait_for(process, counter.held.is_set)
        process.kill()
        process.communicate()
        counter.release.set()
        counter.hold_at = None
        assert EACH < len(counter.pushed) < 3 * EACH
        code, output = run(home, "local", with_name(f"{counter.url}/db"))
    assert code == 0, output
    assert len(counter.pushed) == len(set(counter.pushed))
    assert_all_there(home, with_name(district))


def test_ctrl_c_ends_after_the_batch_in_hand_and_says_how_to_go_on(home, district):
    with counting(district.removesuffix("/db")) as counter:
        counter.hold_at = 100
        process = start(home, "local", with_name(f"{counter.url}/db"), "--parallel", "1")
        wait_for(process, counter.held.is_set)
        process.send_signal(signal.SIGINT)
        counter.release.set()
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 130, output
        assert "run it again" in output
        run(home, "local", with_name(f"{counter.url}/db"))
    assert len(counter.pushed) == len(set(counter.pushed))
    assert_all_there(home, with_name(district))


def test_one_database_can_be_named(home, district):
    database = next(iter(GRIDS.values()))
    code, output = run(home, "local", with_name(district), "--database", database)
    assert code == 0, output
    with closing(open_url(with_name(district))) as stores:
        assert [name for name in stores.names() if name.startswith("grid-")] == [database]


def test_a_grid_can_be_pulled_as_well(home, district, tmp_path):
    run(home, "local", with_name(district))
    code, output = run(tmp_path / "second", with_name(district), "local")
    assert code == 0, output
    assert_all_there(tmp_path / "second", with_name(district), list(GRIDS.values()))


def test_continuous_sends_what_changes_and_stops_on_sigterm(home, district):
    database = next(iter(GRIDS.values()))
    process = start(home, "local", with_name(district), "--continuous")
    with closing(open_url(with_name(district))) as theirs, closing(SqliteStores(home / "stores")) as ours:
        wait_for(
            process, lambda: database in theirs.names() and theirs.open(database).info().doc_count > EACH
        )
        ours.open(database).put("household:late", {"answers": {"n": 1}})
        wait_for(process, lambda: "household:late" in theirs.open(database).leaves_many(["household:late"]))
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output


def wait_for(process, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        threading.Event().wait(0.1)


def test_continuous_waits_for_a_server_that_is_away_and_goes_on(home, tmp_path):
    data, port = tmp_path / "district", free_port()
    settle_town(data)
    with running(data, port=port, web_processes=1) as server:
        process = start(home, "local", with_name(server.db), "--continuous")
        with closing(open_url(with_name(server.db))) as theirs:
            database = next(iter(GRIDS.values()))
            wait_for(process, lambda: theirs.open(database).info().doc_count > EACH)
    with closing(SqliteStores(home / "stores")) as ours:
        ours.open(database).put("household:late", {"answers": {"n": 1}})
    with (
        running(data, port=port, web_processes=1) as server,
        closing(open_url(with_name(server.db))) as theirs,
    ):
        wait_for(process, lambda: theirs.open(database).leaves("household:late"))
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output


@contextmanager
def something_else():
    """A web server that is no CouchDB."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        port = process.stdout.readline().split("port ")[1].split()[0]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_a_wrong_password_is_said_and_never_shown(home, district):
    code, output = run(home, "local", district.replace("://", "://peer:Wrong-%E5%AF%86@"))
    assert code == 1
    assert "账号或密码不对" in output
    assert "Wrong" not in output
    assert "密@" not in output


def test_an_account_that_may_not_is_told_so(home, district):
    code, output = run(home, "local", with_name(district, "chen"))
    assert (code, "没有权限" in output) == (1, True), output


def test_a_password_that_is_not_in_the_address_is_asked_for(home, district):
    url = district.replace("://", "://peer@")
    code, output = run(home, "local", url, given=f"{password_of('peer')}\n")
    assert code == 0, output
    assert password_of("peer") not in output


def test_nobody_there_is_said(home):
    code, output = run(home, "local", f"http://peer:x@127.0.0.1:{free_port()}/db")
    assert (code, "连不上" in output) == (1, True), output


def test_something_else_there_is_said(home):
    with something_else() as url:
        code, output = run(home, "local", url)
    assert (code, "也不是 CouchDB" in output) == (1, True), output


@pytest.mark.parametrize("target", ["ftp://x/", "http://[", "http://x/db?y=1"])
def test_an_address_that_is_none_is_a_wrong_use(home, target):
    code, output = run(home, "local", target)
    assert (code, "网址不对" in output) == (2, True), output


def test_an_unknown_database_is_said(home, district):
    code, output = run(home, "local", with_name(district), "--database", "grid-unknown")
    assert (code, "grid-unknown" in output) == (1, True), output


@pytest.fixture
def foreign_url(keeper_url):
    """A foreign server without any grid."""
    with closing(open_url(keeper_url)) as stores:
        wipe(stores)
    return keeper_url


@pytest.mark.parametrize("keeper_url", FOREIGN_KEEPERS, indirect=True, scope="module")
def test_every_grid_reaches_a_foreign_server_killed_half_way_and_run_again(home, foreign_url):
    there = address(foreign_url).url
    with counting(there) as counter:
        through = foreign_url.replace(there.partition("://")[2], counter.url.partition("://")[2])
        counter.hold_at = EACH + 600
        process = start(home, "local", through, "--parallel", "1")
        wait_for(process, counter.held.is_set)
        process.kill()
        process.communicate()
        counter.release.set()
        counter.hold_at = None
        code, output = run(home, "local", through)
        assert code == 0, output
        again, _ = run(home, "local", through)
        assert again == 0
    assert len(counter.pushed) == len(set(counter.pushed))
    assert_all_there(home, foreign_url)


@pytest.mark.parametrize("keeper_url", FOREIGN_KEEPERS, indirect=True, scope="module")
def test_every_grid_comes_back_from_a_foreign_server(home, foreign_url, tmp_path):
    assert run(home, "local", foreign_url)[0] == 0
    grids = [part for database in GRIDS.values() for part in ("--database", database)]
    code, output = run(tmp_path / "second", foreign_url, "local", *grids)
    assert code == 0, output
    assert_all_there(tmp_path / "second", foreign_url, list(GRIDS.values()))
    assert_all_there(home, foreign_url)
