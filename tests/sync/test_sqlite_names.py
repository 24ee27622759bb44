"""Database names and the files they live in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.sqlite.names import file_of, is_name, name_of

names = st.from_regex(r"[a-z][a-z0-9_$()+/-]{0,40}", fullmatch=True)


@given(names)
def test_a_name_and_its_file_are_one(name: str) -> None:
    assert is_name(name)
    assert "/" not in file_of(name)
    assert name_of(file_of(name)) == name


@given(names, names)
def test_two_names_never_share_a_file(one: str, other: str) -> None:
    assert (file_of(one) == file_of(other)) == (one == other)


@pytest.mark.parametrize(
    "file",
    [
        "_changed.sqlite", "_making.lock", "_indexes.lock", "grid-a.index", "grid-a.sqlite-wal",
        ".grid-a.sqlite.7-1", "A.sqlite", "grid-a",
    ],
)  # fmt: skip
def test_other_files_are_no_databases(file: str) -> None:
    assert name_of(file) is None
