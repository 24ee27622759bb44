"""Revision trees as values: outcomes have names, text and tree are one, order does not matter."""

from __future__ import annotations

from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.documents import Leaf
from sync.errors import Malformed
from sync.revisions import generation, rank
from sync.revtree import Tree, check_path, decode, encode, encode_path, graft, stem

NOTHING = Tree({})


def line(letters: str, oldest: int = 1) -> tuple[str, ...]:
    newest = oldest + len(letters) - 1
    return tuple(f"{newest - back}-{letter}" for back, letter in enumerate(letters))


def grown(*paths: tuple[str, ...]) -> Tree:
    tree = NOTHING
    for mark, path in enumerate(paths, 1):
        tree = graft(tree, path, mark).tree
    return tree


@pytest.mark.parametrize(
    ("held", "path", "outcome"),
    [
        ([], line("a"), "rooted"),
        ([line("a")], line("a"), "known"),
        ([line("cba")], line("ba"), "known"),
        ([line("cba")], line("b", 2), "known"),
        ([line("a")], line("ba"), "extended"),
        ([line("a")], line("dcba"), "extended"),
        ([line("ba")], line("ca"), "branched"),
        ([line("ba")], line("dc"), "rooted"),
        ([line("ed", 4)], line("edcba"), "lengthened"),
        ([line("ed", 4)], line("dcba"), "lengthened"),
        ([line("ed", 4)], line("fedcba"), "extended"),
        ([line("ba")], ("2-b", "1-x"), "known"),
    ],
)
def test_a_graft_names_its_outcome(held: list[tuple[str, ...]], path: tuple[str, ...], outcome: str) -> None:
    grafted = graft(grown(*held), path, 99)

    assert grafted.outcome == outcome
    assert grafted.is_new == (outcome in ("rooted", "extended", "branched"))
    assert (path[0] in [rev for rev, node in grafted.tree.nodes.items() if node.mark == 99]) == grafted.is_new


def test_a_graft_that_changes_nothing_gives_the_same_tree() -> None:
    tree = grown(line("cba"), line("da"))
    assert graft(tree, line("ba"), 99).tree is tree


def test_where_ancestries_differ_the_tree_keeps_its_own() -> None:
    tree = graft(grown(line("ba")), ("3-c", "2-b", "1-x"), 2).tree

    assert tree.path("3-c") == line("cba")
    assert "1-x" not in tree.nodes


def test_the_argument_is_never_changed() -> None:
    tree = grown(line("ba"))
    before = dict(tree.nodes)
    graft(tree, line("dcba"), 2)
    graft(tree, line("fe"), 3)

    assert tree.nodes == before


@pytest.mark.parametrize(
    "path", [(), ("1-a", "1-b"), ("3-c", "1-a"), ("1-a", "0-b"), ("a",), ("x-a",), ("2-b", "01-a"), ("-1-a",)]
)
def test_a_path_that_does_not_go_down_one_by_one_is_malformed(path: tuple[str, ...]) -> None:
    with pytest.raises(Malformed):
        check_path(path)
    with pytest.raises(Malformed):
        graft(NOTHING, path, 1)


def test_digests_of_32_hex_digits_are_ordered_as_the_bytes_they_mean_others_as_text() -> None:
    # measured on CouchDB 3.4.3: `2-zzz` loses against `2-ffff…`, because 0xff is greater than "z"
    hexadecimal, text = f"2-{'f' * 32}", "2-zzz"
    assert rank(hexadecimal) > rank(text) > rank(f"2-{'0' * 32}")
    assert grown((text, "1-a"), (hexadecimal, "1-a")).winner == Leaf(hexadecimal, False)
    assert rank("10-0") > rank("9-f")


def test_stemming_drops_what_no_leaf_needs_and_tells_the_marks() -> None:
    tree = grown(line("a"), line("ba"), line("cba"))
    grafted = graft(tree, line("dcba"), 4, limit=2)

    assert grafted.tree.path("4-d") == ("4-d", "3-c")
    assert sorted(grafted.stemmed) == [1, 2]
    assert stem(grafted.tree, 2) is grafted.tree


def test_stemming_keeps_an_ancestor_for_the_leaf_that_is_near() -> None:
    tree = stem(grown(line("edcba"), line("fba")), 2)

    assert tree.path("5-e") == ("5-e", "4-d")
    assert tree.path("3-f") == ("3-f", "2-b")
    tree = stem(grown(line("edcba"), line("fcba")), 3)
    assert tree.path("5-e") == line("edcb", 2)


def test_a_history_longer_than_the_limit_is_known_after_it_was_stemmed() -> None:
    tree = graft(NOTHING, line("edcba"), 1, limit=3).tree

    again = graft(tree, line("edcba"), 2, limit=3)
    assert (again.outcome, again.tree) == ("known", tree)


def test_possible_ancestors_are_older_leaves() -> None:
    tree = grown(line("ba"), line("edca"))

    assert tree.possible_ancestors(["3-x"]) == ("2-b",)
    assert tree.possible_ancestors(["2-x", "5-x"]) == ("4-e", "2-b")


def test_a_tree_is_written_as_one_line_for_each_leaf() -> None:
    tree = graft(grown(line("cba"), line("da")), line("eda"), 3, deleted=True).tree

    assert encode(tree) == "3 c:1,b,a\n3 e:3!,d:2 1-a"


digests = st.one_of(
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.text("zZ9,:!% -é聚", min_size=1, max_size=4).map(lambda text: text.replace(" ", "")),
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[tuple[str, ...], bool]]:
    """Paths out of one real history, some of them stemmed, with whether each is deleted."""
    words = draw(st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=8, unique=True))
    found = []
    for word in words:
        path = [f"{n}-{md5(word[:n].encode()).hexdigest()}" for n in range(len(word), 0, -1)]
        kept = draw(st.integers(1, len(path)))
        found.append((tuple(path[:kept]), draw(st.booleans())))
    return found


@given(histories())
def test_text_and_tree_are_one(history: list[tuple[tuple[str, ...], bool]]) -> None:
    tree = NOTHING
    for mark, (path, deleted) in enumerate(history, 1):
        tree = graft(tree, path, mark, deleted=deleted).tree
        assert decode(encode(tree)) == tree
        assert encode(decode(encode(tree))) == encode(tree)


@given(st.lists(digests, min_size=1, max_size=5), st.booleans(), st.integers(1, 10**9), st.integers(1, 6))
def test_a_first_path_is_written_as_its_tree_would_be(
    found: list[str], deleted: bool, mark: int, limit: int
) -> None:
    path = tuple(f"{len(found) - back}-{digest}" for back, digest in enumerate(found))
    tree = graft(NOTHING, path, mark, deleted=deleted, limit=limit).tree

    assert encode_path(path, mark, deleted, limit) == encode(tree)
    assert decode(encode_path(path, mark, deleted, limit)) == tree


@given(histories(), st.randoms(use_true_random=False))
def test_leaves_and_paths_do_not_depend_on_the_order_of_arrival(
    history: list[tuple[tuple[str, ...], bool]], chance: object
) -> None:
    def told(paths: list[tuple[tuple[str, ...], bool]]) -> list[tuple[str, ...]]:
        tree = NOTHING
        for mark, (path, _) in enumerate(paths, 1):
            tree = graft(tree, path, mark).tree
        return [tree.path(leaf.rev) for leaf in tree.leaves]

    shuffled = list(history)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(shuffled) == told(history)


@given(histories(), st.integers(1, 4))
def test_stemmed_trees_keep_every_leaf_and_no_path_shorter_than_the_limit(
    history: list[tuple[tuple[str, ...], bool]], limit: int
) -> None:
    tree = grown(*(path for path, _ in history))
    stemmed = stem(tree, limit)

    assert stemmed.leaves == tree.leaves
    for leaf in tree.leaves:
        whole, kept = tree.path(leaf.rev), stemmed.path(leaf.rev)
        assert kept == whole[: len(kept)]
        assert len(kept) >= min(limit, len(whole))
    assert all(node.parent is None or node.parent in stemmed.nodes for node in stemmed.nodes.values())
    assert all(
        generation(node.parent) == generation(rev) - 1 for rev, node in stemmed.nodes.items() if node.parent
    )
