"""Small documents for the tests of this folder."""

from sync import causal
from sync.documents import Document
from sync.revisions import next_rev

DAY = "2026-11-22T{:02}:00:00Z"


def body(answers, device="dev-chen", by="chen"):
    return {
        "form": "household",
        "form_version": 1,
        "captured_at": DAY.format(0),
        "captured_by": by,
        "home": {"grid": "grid-aaaaaaaaaaaa", "move": 0},
        "answers": answers,
        "causal": causal.create(answers, f"{device}:1", DAY.format(0), by),
    }


def first(fields, doc_id="household:01JC0000000000000000000001"):
    return Document.of(doc_id, (next_rev(None, fields),), fields)


def after(document, fields, *, deleted=False):
    return Document.of(
        document.doc_id,
        (next_rev(document.rev, fields, deleted=deleted), *document.path),
        fields,
        deleted=deleted,
    )


def edited(document, device, changes, hour=1):
    return after(
        document, causal.edit(document.fields, device, changes, DAY.format(hour), device.removeprefix("dev-"))
    )
