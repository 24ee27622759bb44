"""How complete a file is: which share of what is asked without opening “more” has an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forms.filling import Filling
from forms.form import Form, Node
from forms.kinds import KINDS, SILENT, answered
from forms.spot import Spot


def completeness(form: Form, answers: Mapping[str, Any], context: Mapping[str, Any]) -> int:
    """Per cent of the relevant questions outside of folded groups; a repeat counts as one question."""
    filling = Filling(form, answers, context)
    asked = [spot for node in _visible(form, "") if filling.relevant(spot := Spot(node))]
    given = sum(answered(filling.value(spot)) for spot in asked)
    return 100 * given // len(asked) if asked else 100


def _visible(form: Form, parent: str) -> Iterator[Node]:
    for node in form.children[parent]:
        kind = node.question["type"]
        if kind == "group":
            if "collapsed" not in str(node.question.get("appearance", "")).split():
                yield from _visible(form, node.path)
        elif kind not in SILENT and KINDS[kind].shape not in ("none", "any"):
            yield node
