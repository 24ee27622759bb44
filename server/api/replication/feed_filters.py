"""Which changes a request wants: `filter=_doc_ids`, `_selector`, `_design`, and those that are not run here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from server.api.replication.door import Entry
from server.api.replication.requests import parsed
from server.errors import NotServed
from server.native import offload
from sync import mango
from sync.capabilities import FindsChanges
from sync.documents import Change, Json, Leaf
from sync.errors import Damaged, Malformed, NotFound

NOT_RUN = "functions of design documents are JavaScript: this server stores and replicates them and does not run them"
FEW = 100
"""So many documents are looked up one by one, as in CouchDB; beyond, the feed is read."""

Keep = Callable[[Change], tuple[Leaf, ...]]
"""Those leaves of a change that are wanted, of those the request would show; none: not this change."""


@dataclass(frozen=True)
class Filter:
    """What is wanted of a feed; `doc_ids` are the only ones that can be, where they are few."""

    keep: Keep
    doc_ids: tuple[str, ...] | None = None

    def source(self, entry: Entry, since: str) -> Iterator[Change] | None:
        """The changes that can be wanted, where the store finds them without reading its feed."""
        if self.doc_ids is None or not isinstance(entry.store, FindsChanges):
            return None
        return iter(entry.store.changes_of(self.doc_ids, since))


def filter_of(
    entry: Entry, options: Mapping[str, str], body: Mapping[str, Json], all_leaves: bool
) -> Filter | None:
    """The filter a request names; `NotServed` for one that is JavaScript, `NotFound` for one that is not there."""
    name = options.get("filter")
    if name is None:
        return None
    if name == "_doc_ids":
        return _of_ids(body.get("doc_ids", parsed(options, "doc_ids")), all_leaves)
    if name == "_design":
        return Filter(_shown_if(all_leaves, lambda change: change.doc_id.startswith("_design/")))
    if name == "_selector":
        return Filter(_by_selector(entry, body.get("selector"), all_leaves))
    if name == "_view":
        if not options.get("view"):
            raise Malformed("`view` filter parameter is not provided.")
        design, _, view = options.get("view", "").partition("/")
        check_function(entry, design, "views", view)
    else:
        design, slash, function = name.partition("/")
        if not slash:
            raise Malformed("filter must be of the form `designname/filtername`")
        check_function(entry, design, "filters", function)
    raise NotServed(NOT_RUN)


def check_function(entry: Entry, design: str, kind: str, name: str) -> Json:
    """A function of a design document, as it is written there; `NotFound` in CouchDB's words."""
    fields = offload(entry.store.get, f"_design/{design}").fields
    functions = fields.get(kind)
    if not isinstance(functions, dict):
        raise NotFound(design, f"missing json key: {kind}")
    if name not in functions:
        raise NotFound(name, f"missing json key: {name}")
    return functions[name]


def _shown_if(all_leaves: bool, wanted: Callable[[Change], bool]) -> Keep:
    return lambda change: shown(change, all_leaves) if wanted(change) else ()


def shown(change: Change, all_leaves: bool) -> tuple[Leaf, ...]:
    """The leaves that a row lists: all, or the winner."""
    return change.leaves if all_leaves else change.leaves[:1]


def _of_ids(doc_ids: Json, all_leaves: bool) -> Filter:
    if not isinstance(doc_ids, list):
        raise Malformed("`doc_ids` filter parameter is not a list.")
    wanted = frozenset(doc_id for doc_id in doc_ids if isinstance(doc_id, str))
    keep = _shown_if(all_leaves, lambda change: change.doc_id in wanted)
    return Filter(keep, tuple(wanted) if len(wanted) <= FEW else None)


def _by_selector(entry: Entry, selector: Json, all_leaves: bool) -> Keep:
    """Leaves whose documents are meant; looked at in the native thread that reads the feed."""
    if selector is None:
        raise Malformed("Selector must be specified in POST payload")
    if not isinstance(selector, dict):
        raise Malformed("Selector error: expected a JSON object")
    meant = mango.predicate(selector)

    def keep(change: Change) -> tuple[Leaf, ...]:
        wanted = shown(change, all_leaves)
        try:
            held = {document.rev: document for document in entry.store.leaves(change.doc_id)}
        except Damaged:
            return wanted  # who follows the feed shall hear that there is something
        return tuple(leaf for leaf in wanted if leaf.rev in held and meant(mango.seen(held[leaf.rev])))

    return keep
