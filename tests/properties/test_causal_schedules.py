"""Random schedules of people, phones and two servers, judged by causality alone.

Phones edit one household offline, meet servers as luck has it, servers settle by themselves and meet each other; now
and then one is put back to an older copy. Each edit is written down with what its author had on the screen. The judge
uses that and nothing of the merge: it reads the shown answers and the siblings off the JSON.

    converged             after everyone has met, every replica has the same single live leaf
    nothing lost          a typed value that is neither shown nor open was replaced by somebody who had seen it
    nothing asked in vain two values are open only if neither author had seen the other's
"""

import random
from dataclasses import dataclass, field

import pytest

from sync import causal
from sync.documents import Document
from sync.replicate import replicate
from sync.revisions import next_rev
from sync.settle import SettleFollower
from sync.sqlite import SqliteStores
from tests.support.memory import MemoryStore

DOC = "household:01JC0000000000000000000001"
ROW = "01JD00000000000000000000A1"
FIELDS = ("phone", "needs", "heat.kind", f"members.{ROW}.name")
SCHEDULES = 150


@dataclass
class Town:
    """Replicas of one document, and the notes of what was typed and what its author had seen."""

    rnd: random.Random
    phones: list[MemoryStore]
    servers: list[MemoryStore]
    seen: dict[tuple[str, object], set] = field(default_factory=dict)
    stock: set = field(default_factory=set)
    copies: dict[str, MemoryStore] = field(default_factory=dict)
    typed: int = 0

    def value(self):
        self.typed += 1
        return f"{self.rnd.randrange(10**6)}-{self.typed}"

    def time(self):
        """A clock that may be days off."""
        return f"2026-{self.rnd.randint(1, 12):02}-{self.rnd.randint(1, 28):02}T00:00:00Z"


def live(store):
    return [leaf for leaf in store.leaves(DOC) if not leaf.deleted]


def on_screen(body):
    """(path, value) of every answer shown or open, read off the JSON."""
    answers, siblings = body["answers"], body.get("causal", {}).get("siblings", {})
    members = {row["row"]: row for row in answers.get("members", [])}
    shown = {
        "phone": answers.get("phone"),
        "needs": answers.get("needs"),
        "heat.kind": answers.get("heat", {}).get("kind"),
        f"members.{ROW}.name": members.get(ROW, {}).get("name"),
    }
    found = {(path, value) for path, value in shown.items() if value is not None}
    return found | {(path, value) for path, pairs in siblings.items() for _, value in pairs}


def begin(rnd, phones):
    town = Town(
        rnd, [MemoryStore(f"dev-{n}") for n in range(phones)], [MemoryStore("home"), MemoryStore("second")]
    )
    values = [town.value() for _ in FIELDS]
    answers = causal.unflatten(dict(zip(FIELDS, values, strict=True)))
    at = town.time()
    fields = {"form": "household", "captured_at": at, "answers": answers}
    fields["causal"] = causal.create(answers, "dev-0:1", at, "chen")
    first = Document.of(DOC, (next_rev(None, fields),), fields)
    town.seen.update({key: set() for key in zip(FIELDS, values, strict=True)})
    for store in (*town.phones, *town.servers):
        store.graft([first])
    return town


def write(store, parent, fields):
    store.graft([Document.of(DOC, (next_rev(parent.rev, fields), *parent.path), fields)])


def person_edits(town):
    """Somebody opens the household, sees all that his phone knows, and changes one or two answers."""
    phone = town.rnd.choice(town.phones)
    leaves = live(phone)
    body = causal.join_all(leaf.fields for leaf in leaves)
    screen = on_screen(body)
    changes = {path: town.value() for path in town.rnd.sample(FIELDS, town.rnd.randint(1, 2))}
    write(phone, leaves[0], causal.edit(body, phone.name, changes, town.time(), phone.name))
    for path, value in changes.items():
        before = {key for key in screen if key[0] == path}
        town.seen[path, value] = before.union(*(town.seen[key] for key in before))


def stock_client_edits(town):
    """A program that knows nothing of causality changes the winner at a server, with or without `causal` in it."""
    winner = live(town.rnd.choice(town.servers))[0]
    store = next(server for server in town.servers if winner in server.leaves(DOC))
    path, value = town.rnd.choice(FIELDS), town.value()
    answers = causal.unflatten(causal.flatten(winner.fields["answers"]) | {path: value})
    kept = {name: member for name, member in winner.fields.items() if name != "causal"}
    write(store, winner, {**kept, "answers": answers})
    town.seen[path, value] = set()
    town.stock.add((path, value))


def settle(store):
    before = store.leaves(DOC)
    SettleFollower().handle(store, list(store.changes()))
    return store.leaves(DOC) != before


def play(town, steps, *, stock):
    for _ in range(steps):
        act = town.rnd.random()
        server = town.rnd.choice(town.servers)
        if act < 0.45:
            person_edits(town)
        elif act < 0.48 and stock:
            stock_client_edits(town)
        elif act < 0.46:
            town.copies[server.name] = server.copied()
        elif act < 0.48 and server.name in town.copies:
            town.servers[town.servers.index(server)] = town.copies[server.name].copied()
        elif act < 0.9:
            phone = town.rnd.choice(town.phones)
            server.pull(phone)
            if town.rnd.random() < 0.8:
                phone.pull(server)
            if town.rnd.random() < 0.5:
                settle(server)
        else:
            one, other = town.rnd.sample(town.servers, 2)
            one.pull(other)
            if town.rnd.random() < 0.5:
                settle(one)
        if not stock and town.rnd.random() < 0.2:
            server.compact()


def meet_until_quiet(town):
    everyone = [*town.servers, *town.phones]
    for _ in range(50):
        before = [[leaf.rev for leaf in store.leaves(DOC)] for store in everyone]
        for server in town.servers:
            for store in everyone:
                if store is not server:
                    server.pull(store)
        for server in town.servers:
            settle(server)
        for phone in town.phones:
            for server in town.servers:
                phone.pull(server)
        if [[leaf.rev for leaf in store.leaves(DOC)] for store in everyone] == before:
            return everyone
    raise AssertionError("no quiet point")


def judge(town, bodies):
    assert len({body.rev for body in bodies}) == 1, "not converged"
    body = bodies[0].fields
    screen = on_screen(body)
    assert {path for path, _ in screen} == set(FIELDS), "an answer vanished"
    for typed in town.seen:
        if typed not in screen:
            assert any(typed in town.seen[shown] for shown in screen if shown[0] == typed[0]), f"lost {typed}"
    if not town.stock:  # a program that drops `causal` drops what others had seen with it
        for one in screen:
            for other in screen:
                assert one not in town.seen[other], f"asked in vain {one} {other}"
    return {path for path in FIELDS if len({value for p, value in screen if p == path}) > 1}


def outcome(seed, *, stock=False):
    rnd = random.Random(seed)
    town = begin(rnd, rnd.randint(2, 6))
    play(town, rnd.randint(5, 80), stock=stock)
    everyone = meet_until_quiet(town)
    assert not any(settle(server) for server in town.servers), "a second run changed something"
    leaves = [live(store) for store in everyone]
    assert [len(found) for found in leaves] == [1] * len(everyone), "not settled"
    opened = judge(town, [found[0] for found in leaves])
    assert set(causal.open_questions(leaves[0][0].fields)) == opened
    return len(opened)


def test_everybody_converges_nothing_is_lost_and_nothing_is_asked_in_vain():
    assert sum(outcome(f"近邻-{number}") for number in range(SCHEDULES)) > SCHEDULES


@pytest.mark.parametrize("seed", range(3))
def test_real_stores_and_the_real_replication_agree_with_the_schedule(tmp_path, seed):
    rnd = random.Random(f"sqlite-{seed}")
    town = begin(rnd, 3)
    play(town, 30, stock=False)
    stores = SqliteStores(tmp_path)
    grids = [stores.create(f"grid-{letter * 12}") for letter in "ab"]
    for store in (*town.servers, *town.phones):
        rnd.choice(grids).graft(store.leaves(DOC))
    for number in range(3):
        replicate(grids[0], grids[1], session=f"there-{number}")
        replicate(grids[1], grids[0], session=f"back-{number}")
        for grid in grids:
            SettleFollower().handle(grid, list(grid.changes()))
    settled = [[leaf for leaf in grid.leaves(DOC) if not leaf.deleted] for grid in grids]
    assert [len(found) for found in settled] == [1, 1]
    assert len(meet_until_quiet(town)) == 5
    judge(town, [settled[0][0], settled[1][0]])
    stores.close()
