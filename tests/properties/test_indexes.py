"""What a query finds by an index is what is found by looking at every document.

Two handles on one folder, as two processes have them. Documents are written, edited, deleted, purged and get into
conflict, indexes are defined anew, databases compacted, restored and made again, files of indexes thrown away and
damaged, in any order; and after each step somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sync import mango
from sync.documents import Document, Json
from sync.errors import Unindexed
from sync.mango.fields import ABSENT, lookup, path
from sync.mango.normal import normal
from sync.mango.search import Search, plan_of
from sync.mango.selector import key_of
from sync.sqlite import SqliteStore, SqliteStores
from sync.sqlite.copying import raise_epoch

NAME = "asked"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
DOC_IDS = ("a", "B", "b1", "b2", "c/é", "聚福", "聚福2", "z")
COLUMNS = ("a", "b", "c", "a", "b", "c", "c.d", "c.0", "_id", "_conflicts")
numbers = st.sampled_from((None, False, True, -1, 0, 1, 1.5, 2**53, 2**53 + 1))
texts = st.sampled_from(("", "a", "A", "ab", "á", "b", "b\x01", "é", "张", "张三", "🏠"))
nested = st.sampled_from(([], [1], ["a", None], {}, {"d": 1}, {"d": "a", "e": 2}))
values = numbers | texts | nested
bodies = st.one_of(
    st.fixed_dictionaries({"a": numbers, "b": texts, "c": values}),
    st.fixed_dictionaries({"a": values, "b": values}, optional={"c": nested}),
    st.fixed_dictionaries({}, optional={"a": numbers, "b": texts, "c": values}),
)
comparisons = st.dictionaries(
    st.sampled_from(("$eq", "$gt", "$gte", "$lt", "$lte")), values, min_size=1, max_size=2
)
wide = st.sampled_from(
    ({"$gte": None}, {"$gt": None}, {"$lte": {}}, {"$gte": ""}, {"$exists": True}, {"$lt": {"d": 2}})
)
narrow = st.one_of(
    comparisons,
    values,
    st.builds(lambda text: {"$beginsWith": text}, st.sampled_from(("", "a", "A", "b", "张", "聚"))),
    st.just({"$exists": False}),
    st.builds(lambda value: {"$ne": value}, values),
    st.builds(lambda value: {"$not": {"$gt": value}}, values),
    st.builds(lambda found: {"$in": found}, st.lists(values, max_size=3)),
    st.just({"$elemMatch": {"$gt": 0}}),
    st.just({"$type": "string"}),
)
conditions = st.one_of(wide, wide, wide, narrow)
simple = st.dictionaries(st.sampled_from(COLUMNS), conditions, min_size=1, max_size=2)
selectors = st.recursive(
    simple,
    lambda inner: (
        st.builds(
            lambda name, parts: {name: parts},
            st.sampled_from(("$and", "$or", "$nor")),
            st.lists(inner, max_size=3),
        )
        | st.builds(lambda part: {"$not": part}, inner)
    ),
    max_leaves=3,
)
columns = st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3, unique=True)


class Question(NamedTuple):
    """What a query is made of. `aimed`: it asks something of each field of an index, and may be sorted by them."""

    selector: dict[str, Json]
    conditions: list[Json]
    aimed: bool
    sort: list[str] | None
    first: int
    descending: bool
    limit: int
    named: str | None


questions = st.builds(
    Question,
    selector=st.just({}) | st.just({}) | selectors,
    conditions=st.lists(conditions, min_size=3, max_size=3),
    aimed=st.sampled_from((True, True, True, False)),
    sort=st.one_of(st.none(), st.none(), st.just([]), st.just([]), columns),
    first=st.sampled_from((0, 0, 1)),
    descending=st.booleans(),
    limit=st.integers(1, 4),
    named=st.sampled_from((None, None, "x", "y")),
)


class Folder:
    """One database, two processes that use it, and the indexes that are defined."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sets = [SqliteStores(folder), SqliteStores(folder)]
        self.sets[0].create(NAME)
        self.defined: dict[str, list[str]] = {}
        self.batches = 0

    def store(self, handle: int) -> SqliteStore:
        return self.sets[handle].open(NAME)

    def write(self, handle: int, documents: Sequence[tuple[str, dict[str, Json]]]) -> None:
        """New documents, and conflicts with those that are there; either may win."""
        self.batches += 1
        revs = (f"1-{self.batches * 7 % 5}{number:031x}" for number in range(len(documents)))
        self.store(handle).graft(
            [Document.of(doc_id, [rev], body) for rev, (doc_id, body) in zip(revs, documents, strict=True)]
        )

    def edit(self, handle: int, doc_id: str, pick: int, body: dict[str, Json], deleted: bool) -> None:
        store = self.store(handle)
        leaves = store.leaves(doc_id)
        if not leaves or leaves[0].deleted:
            store.put(doc_id, body)
        else:
            store.put(doc_id, body, leaves[pick % len(leaves)].rev, deleted=deleted)

    def purge(self, handle: int, doc_id: str, pick: int) -> None:
        store = self.store(handle)
        leaves = store.leaves(doc_id)
        if leaves:
            store.purge({doc_id: [leaves[pick % len(leaves)].rev]})

    def define(self, handle: int, name: str, fields: list[str], partial: Json) -> None:
        index = mango.Index(f"_design/{name}", name, tuple((field, "asc") for field in fields), partial)
        store = self.store(handle)
        leaves = store.leaves(index.ddoc)
        parent = leaves[0].rev if leaves and not leaves[0].deleted else None
        store.put(index.ddoc, {"language": "query", "views": {name: index.view()}}, parent)
        self.defined[name] = fields

    def restart(self, handle: int) -> None:
        self.sets[handle].close()
        self.sets[handle] = SqliteStores(self.folder)

    def compact(self, handle: int) -> None:
        self.store(handle).compact()

    def make_again(self, handle: int) -> None:
        """Another database of the same name; the other process has the old one open."""
        documents = [
            (doc_id, self.store(handle).get(doc_id).fields) for doc_id, _ in self.store(handle).all_ids()
        ]
        self.sets[handle].delete(NAME)
        self.sets[1 - handle].create(NAME)
        self.write(handle, documents[::2])
        self.defined = {}

    def restore(self, handle: int) -> None:
        """All processes stop; the database comes back of another epoch, and its indexes have stayed in their place."""
        for found in self.sets:
            found.close()
        raise_epoch(self.folder / f"{NAME}.sqlite", 0)

    def spoil(self, handle: int, at: float, how: str) -> None:
        """The indexes are thrown away while they are in use, or cut, or have a first page that is none."""
        file = self.folder / f"{NAME}.index"
        if not file.exists():
            return
        if how == "removed":
            file.unlink()
            return
        for found in self.sets:
            found.close()
        content = file.read_bytes()
        file.write_bytes(content[: int(at * len(content))] if how == "torn" else bytes(4096) + content[4096:])

    def asked(self, question: Question) -> dict[str, Json]:
        """The query that a question stands for."""
        fields = next(iter(self.defined.values()), []) if question.aimed else []
        selector = {**question.selector, **dict(zip(fields, question.conditions, strict=False))}
        sort = fields[question.first :] if question.sort is None else question.sort
        direction = "desc" if question.descending else "asc"
        return {
            "selector": selector,
            "sort": [{field: direction} for field in sort],
            "limit": 100,
            "use_index": question.named,
        }

    def close(self) -> None:
        for found in self.sets:
            found.close()


Step = Callable[[Folder, int], None]


def step(verb: Callable[..., None], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(*arguments).map(lambda drawn: lambda folder, handle: verb(folder, handle, *drawn))


ids = st.sampled_from(DOC_IDS)
batches = st.lists(st.tuples(ids, bodies), min_size=3, max_size=8)
defining = step(
    Folder.define, st.sampled_from("xy"), columns, st.one_of(st.none(), st.none(), st.none(), simple)
)
steps = st.one_of(
    step(Folder.write, batches),
    step(Folder.edit, ids, st.integers(0, 2), bodies, st.booleans()),
    step(Folder.edit, ids, st.integers(0, 2), bodies, st.just(True)),
    defining,
    step(Folder.purge, ids, st.integers(0, 2)),
    step(Folder.restart),
    step(Folder.compact),
    step(Folder.make_again),
    step(Folder.restore),
    step(Folder.spoil, st.floats(0, 1), st.sampled_from(("removed", "torn", "zeroed"))),
)
schedules = st.lists(
    st.tuples(
        st.integers(0, 1), steps, st.lists(st.tuples(st.integers(0, 1), questions), min_size=1, max_size=5)
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches, defining, schedules)
def test_an_index_finds_what_looking_at_every_document_finds(
    first: Sequence[tuple[str, dict[str, Json]]],
    definition: Step,
    schedule: list[tuple[int, Step, list[tuple[int, Question]]]],
) -> None:
    with opened() as folder:
        folder.write(0, first)
        definition(folder, 1)
        for handle, act, asked in schedule:
            act(folder, handle)
            for asker, question in asked:
                check(folder.store(asker), folder.asked(question), question.limit)


@contextmanager
def opened() -> Iterator[Folder]:
    with TemporaryDirectory(dir=MEMORY) as name:
        folder = Folder(Path(name))
        try:
            yield folder
        finally:
            folder.close()


def check(store: SqliteStore, asked: dict[str, Json], limit: int) -> None:
    query = mango.read_query(asked)
    index = plan_of(store, query).index
    event(f"by an index: {index is not None}, sorted: {bool(query.sort)}")
    expected = meant(store, asked["selector"], index, query.sort_fields)
    in_order = sorted(expected.values(), reverse=query.descending)
    for found in (Search(store, query).run().ids, paged(store, {**asked, "limit": limit})):
        assert sorted(found) == sorted(expected)
        assert [expected[doc_id] for doc_id in found] == in_order


def meant(
    store: SqliteStore, selector: Json, index: mango.Index | None, sort: Sequence[str]
) -> dict[str, bytes]:
    """The documents that are meant, with their keys in the sort: looked at one by one, without a search."""
    if normal(selector) in ({"$and": []}, {"$or": []}):
        return {}
    tests = mango.predicate(selector), mango.predicate((index and index.partial) or {})
    found = {}
    for doc_id, leaves in store.leaves_many([doc_id for doc_id, _ in store.all_ids()]).items():
        document = mango.seen(leaves[0], [leaf.rev for leaf in leaves[1:] if not leaf.deleted])
        there = [lookup(document, path(field)) for field in sort]
        if (
            not doc_id.startswith("_design/")
            and ABSENT not in there
            and all(test(document) for test in tests)
        ):
            found[doc_id] = b"".join(key_of(field)(value) for field, value in zip(sort, there, strict=True))
    return found


def paged(store: SqliteStore, asked: dict[str, Json]) -> list[str]:
    """What is found a few at a time."""
    found: list[str] = []
    bookmark = "nil"
    while True:
        try:
            page = Search(store, mango.read_query({**asked, "bookmark": bookmark})).run()
        except Unindexed:  # found to be damaged only now: whoever asks again has a new one
            continue
        if not page.ids:
            return found
        found += page.ids
        bookmark = page.bookmark
