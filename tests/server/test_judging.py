"""What the desk checks a record with."""

from __future__ import annotations

import pytest

from server.review.judge import check_context
from server.review.readings import Reading


@pytest.mark.parametrize(
    ("edited_at", "today"),
    [
        ("2026-11-22T04:00:00Z", "2026-11-22"),
        ("2026-11-22T16:30:00Z", "2026-11-23"),
        ("", ""),
        ("yesterday", ""),
    ],
)
def test_today_is_the_date_in_shanghai_of_the_last_edit(edited_at: str, today: str) -> None:
    reading = Reading("record:01JD", "1-a", {"answers": {}, "captured_at": edited_at})
    assert check_context(reading, None)["today"] == today


def test_chance_falls_by_the_document_as_it_did_on_the_phone() -> None:
    assert check_context(Reading("record:01JD", "1-a", {"answers": {}}), None)["seed"] == "record:01JD"
