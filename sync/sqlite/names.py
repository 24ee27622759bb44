"""Database names and the files they live in."""

from __future__ import annotations

import re

from sync.errors import Malformed

_NAME = re.compile(r"[a-z][a-z0-9_$()+/-]*")
_LONGEST = 238
"""CouchDB's limit; with an ending such as `.sqlite-journal` it still fits a file name."""
_ENDING = ".sqlite"


def is_name(name: str) -> bool:
    """Whether CouchDB would take this name for a database."""
    return len(name) <= _LONGEST and _NAME.fullmatch(name) is not None


def check_name(name: str) -> str:
    """The name, if CouchDB would take it for a database; `Malformed` otherwise."""
    if not is_name(name):
        raise Malformed(
            "a database name begins with a lower-case letter and has letters, digits and _$()+-/ only"
        )
    return name


def file_of(name: str) -> str:
    """The file name of a database: `/` becomes `.`, which no database name contains."""
    return check_name(name).replace("/", ".") + _ENDING


def index_file_of(name: str) -> str:
    """The file name of a database's indexes, which is that of no database."""
    return file_of(name).removesuffix(_ENDING) + ".index"


def name_of(file: str) -> str | None:
    """The database in a file of this name; None for any other file."""
    name = file.removesuffix(_ENDING).replace(".", "/")
    return name if file.endswith(_ENDING) and is_name(name) else None
