"""Circles in what needs what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

Needs = Mapping[str, Collection[str]]

MAX_CIRCLES = 20
"""So many are told apart; mending those mends the rest, or the next look tells more."""


def circles(needs: Needs) -> list[list[str]]:
    """A way from each name that needs itself back to it (`b → c → b`), in the order of the names; 20 at most."""
    knot_of = {name: knot for knot in _knots(needs) for name in knot}
    found = (_way(name, needs, knot_of[name]) for name in needs)
    return list(islice((way for way in found if way), MAX_CIRCLES))


def _way(start: str, needs: Needs, knot: frozenset[str]) -> list[str]:
    """The shortest way back to a name inside its knot; empty if there is none."""
    if len(knot) == 1 and start not in needs[start]:
        return []
    came: dict[str, str] = {}
    waiting = [start]
    for name in waiting:
        for need in sorted(needs[name]):
            if need == start:
                way = [start, name]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if need in knot and need not in came:
                came[need] = name
                waiting.append(need)
    return []


def _knots(needs: Needs) -> Iterator[frozenset[str]]:
    """The strongly connected components (Tarjan 1972), without recursion."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    closed: set[str] = set()
    for root in needs:
        if root in number:
            continue
        work = [(root, iter(needs[root]))]
        number[root] = lowest[root] = len(number)
        open_.append(root)
        while work:
            name, rest = work[-1]
            following = next((need for need in rest if need in needs and need not in closed), None)
            if following is None:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[name])
                if lowest[name] == number[name]:
                    knot = frozenset(_popped(open_, name))
                    closed |= knot
                    yield knot
            elif following in number:
                lowest[name] = min(lowest[name], number[following])
            else:
                number[following] = lowest[following] = len(number)
                open_.append(following)
                work.append((following, iter(needs[following])))


def _popped(names: list[str], down_to: str) -> Iterator[str]:
    while True:
        name = names.pop()
        yield name
        if name == down_to:
            return
