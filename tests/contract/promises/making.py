"""Documents for the contract, told in letters: `line("cba")` is 3-ccc… whose parents are 2-bbb… and 1-aaa…."""

import time
from collections.abc import Callable, Iterable

from sync.documents import Document, Json
from sync.errors import NotFound
from sync.store import DocStore


def rev(generation: int, letter: str) -> str:
    """A revision id whose digest is 32 times one hexadecimal digit."""
    return f"{generation}-{letter * 32}"


def line(letters: str, oldest: int = 1) -> tuple[str, ...]:
    """A path, newest first; the last letter is of generation `oldest`."""
    newest = oldest + len(letters) - 1
    return tuple(rev(newest - back, letter) for back, letter in enumerate(letters))


def doc(doc_id: str, letters: str, oldest: int = 1, *, deleted: bool = False, **fields: Json) -> Document:
    """A document with that path; its body tells its newest letter unless fields are given."""
    return Document.of(doc_id, line(letters, oldest), fields or {"is": letters[0]}, deleted=deleted)


def leaf_revs(store: DocStore, doc_id: str) -> list[str]:
    """The leaves of a document, winner first."""
    return [document.rev for document in store.leaves(doc_id)]


def ids(rows: Iterable[object]) -> list[str]:
    """The document ids of changes."""
    return [row.doc_id for row in rows]  # type: ignore[attr-defined]


def why_not_found(asked: Callable[[], object]) -> str:
    """Why it is not found any more, asked until it is gone: a CouchDB compacts by and by."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            asked()
        except NotFound as error:
            return error.reason
        time.sleep(0.05)
    raise AssertionError("it is there still")
