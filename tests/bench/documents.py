"""Documents of 1 kB for the benches: visits as the phone app writes them, made quickly.

The revision ids are not those of `sync.revisions` but a foreign client's (any 32 hex digits are): making them is no
part of the work that is measured.
"""

from __future__ import annotations

from hashlib import md5

import orjson

from sync.documents import Json
from tests.support.records import AT, ulid
from tests.support.town import grid_path

DEVICE = "dev-zzzzzzzzzz"
BATCH = 500
_DOT = f"{DEVICE}:1"


def visit_json(number: int, code: str, database: str, by: str) -> bytes:
    """The text of one visit with its history, as a phone pushes it: 1,024 bytes."""
    fields: dict[str, Json] = {
        "form": "visit",
        "form_version": 1,
        "subject": f"household:{ulid(1)}",
        "grid_path": list(grid_path(code)),
        "captured_at": AT,
        "captured_by": by,
        "device": DEVICE,
        "clock_offset_s": 0,
        "home": {"grid": database, "move": 0},
        "answers": {
            "visited_at": AT, "result": "1", "met": "2", "checks": {"gas": "1", "fire": "1", "wiring": "2"},
            "summary": f"一切正常 {number}",
        },
        "causal": {"born": _DOT, "context": {DEVICE: 1}, "dots": {_DOT: [AT, by]}, "stamps": {}, "siblings": {}},
    }  # fmt: skip
    digest = md5(f"{database}/{number}".encode()).hexdigest()
    head = {
        "_id": f"record:{ulid(number)}",
        "_rev": f"1-{digest}",
        "_revisions": {"start": 1, "ids": [digest]},
    }
    short = 1024 - len(orjson.dumps(head | fields))
    fields["answers"]["summary"] += "x" * short
    return orjson.dumps(head | fields)


def batches(first: int, count: int, code: str, database: str, by: str) -> list[bytes]:
    """The bodies of pushes of `BATCH` documents each, numbered from `first`."""
    return [
        b'{"docs":['
        + b",".join(visit_json(n, code, database, by) for n in range(start, start + BATCH))
        + b'],"new_edits":false}'
        for start in range(first, first + count, BATCH)
    ]
