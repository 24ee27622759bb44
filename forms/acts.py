"""What an act asks: a small form of its own inside the form of the record."""

from __future__ import annotations

from forms.form import Published


def act_form(form: Published, act: str) -> Published:
    """The form of an act, to be checked and filled like any other; without questions where the act asks nothing.

    Its `${subject.x}` reads what is known of the record (`deadlines.facts_of`).
    """
    return {**form, "questions": form.get("acts", {}).get(act, [])}
