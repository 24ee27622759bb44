"""Cutting a batch into its documents without parsing them."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import Malformed
from sync.slices import elements, members

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(anything), st.sampled_from([None, 1]), st.booleans())
def test_the_slices_of_an_array_are_its_elements(
    values: list[object], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert [json.loads(piece.decode("utf-8", "surrogatepass")) for piece in elements(text)] == values


@given(st.dictionaries(st.from_regex(r"[a-z_]{0,5}", fullmatch=True), anything))
def test_the_slices_of_an_object_are_its_members(values: dict[str, object]) -> None:
    text = json.dumps(values).encode()
    assert {key: json.loads(piece) for key, piece in members(text).items()} == values


def test_a_slice_may_itself_be_broken() -> None:
    assert elements(b'[{"a":\xff,"b":[NaN]} , nonsense]') == [b'{"a":\xff,"b":[NaN]}', b"nonsense"]


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[", b"[1", b"[}", b"[[]", b"[] []", b"1", b'["]', b"[]]", b"[{]}"]
)
def test_an_array_whose_brackets_do_not_match_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        elements(text)


@pytest.mark.parametrize("text", [b"{1:2}", b"{,}", b'{"a"}', b"[]"])
def test_an_object_without_keys_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        members(text)


@given(st.binary(max_size=60))
def test_no_bytes_bring_it_down(text: bytes) -> None:
    for cut in (elements, members):
        with suppress(Malformed):
            cut(b"[" + text + b"]")


def test_a_hostile_text_costs_one_pass() -> None:
    """Escaped quotes outside of any string: each could begin a string that never ends."""
    with pytest.raises(Malformed):
        elements(b"[" + b'\\"' * 2_000_000)
