"""Documents as a phone of the tests makes them."""

from __future__ import annotations

from server.authoring import Place, Stamp, first_revision
from sync.documents import Document
from sync.wire import write_document
from tests.support.town import GRIDS, grid_path

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
AT = "2026-11-22T01:07:12Z"


def ulid(number: int) -> str:
    """A ULID of the tests, by number."""
    digits = ""
    for _ in range(20):
        number, digit = divmod(number, 32)
        digits = _CROCKFORD[digit] + digits
    return f"01JD00{digits}"


def visit(
    number: int, by: str = "chen", device: str = "dev-aaaaaaaaaa", *, summary: str = "一切正常"
) -> Document:
    """The first revision of a visit record in the first grid."""
    code, database = next(iter(GRIDS.items()))
    place = Place(database, grid_path(code), {"visit": 1})
    answers = {"visited_at": AT, "result": "1", "summary": f"{summary} {number}"}
    return first_revision(
        f"record:{ulid(number)}", "visit", f"household:{ulid(1)}", answers, place, Stamp(device, by, AT)
    )


def as_json(document: Document) -> bytes:
    """A document with its history, as a phone pushes it."""
    from sync.wire import Extras

    return write_document(document, Extras(revisions=True))


def batch_of(*documents: Document | bytes) -> bytes:
    """The body of a push; bytes go in as they are."""
    texts = (doc if isinstance(doc, bytes) else as_json(doc) for doc in documents)
    return b'{"new_edits":false,"docs":[' + b",".join(texts) + b"]}"
