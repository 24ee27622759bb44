"""The merge by its shared vectors, which the phone's `causal.ts` runs too."""

import dataclasses
import json
from pathlib import Path

import pytest
import rfc8785

from sync import causal, revisions

VECTORS = Path(__file__).parents[2] / "forms" / "vectors"


def vectors(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def plain(value):
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("vector", vectors("join.json"), ids=lambda vector: vector["name"])
def test_the_merge_keeps_to_the_shared_vectors(vector):
    before = rfc8785.dumps(vector["arguments"])
    result = getattr(causal, vector["call"])(*vector["arguments"])
    assert rfc8785.dumps(plain(result)) == rfc8785.dumps(vector["expected"])
    assert rfc8785.dumps(vector["arguments"]) == before


@pytest.mark.parametrize("vector", vectors("revisions.json"), ids=lambda vector: vector["rev"])
def test_revision_ids_keep_to_the_shared_vectors(vector):
    rev = revisions.next_rev(vector["parent"], vector["body"], deleted=vector["deleted"])
    assert rev == vector["rev"]


def test_the_registers_of_a_body_are_its_answers_with_their_dots():
    answers = {"phone": "1", "members": [{"row": "01A", "name": "陈"}]}
    body = {"answers": answers, "causal": causal.create(answers, "dev-a:1", "2026-01-01T00:00:00Z", "chen")}
    edited = causal.edit(body, "dev-b", {"phone": "2"}, "2026-01-02T00:00:00Z", "zhang")
    assert causal.registers(edited) == {"phone": [("dev-b:1", "2")], "members.01A.name": [("dev-a:1", "陈")]}
