"""Indicators: shares, counts, sums and medians over files, records and steps, by period and grid. Pure.

An indicator is data (`definitions/indicators/`): what is counted (`of`), less what, per what. A measure picks rows of
some forms, by when they fall into the period and by their facts; then it counts, sums or takes a median.
Whoever asks picks the rows of a grid; `broken_down` parts them by a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from forms.days import DAY_MS, instant_ms, local_date
from forms.due import next_due
from forms.indicator_rows import Row
from forms.kinds import answered
from forms.values import atom, number_of
from forms.workflow import texts_of

SCALES = {"hours": 3_600_000, "minutes": 60_000}
"""Milliseconds of a median's unit."""

SMALL = 5
"""Counts of people below this are not shown."""

Measure = Mapping[str, Any]
Test = Callable[[Row], bool]


@dataclass(frozen=True)
class Period:
    """From an instant to before another, in milliseconds since 1970."""

    begin_ms: int
    end_ms: int

    @classmethod
    def of(cls, begin: str, end: str) -> Period:
        """From one date or instant to before another; the whole of time where one is none."""
        return cls(instant_ms(begin) or 0, instant_ms(end) or 0)


@dataclass(frozen=True)
class Figure:
    """An indicator's value (None: nothing to divide by, or nothing to take a median of), what it is a share of, and
    the documents behind it."""

    value: float | None
    of: float
    per: float | None
    documents: tuple[str, ...]

    @property
    def is_small(self) -> bool:
        """Whether it counts so few people that somebody could be known by it."""
        return any(0 < count < SMALL for count in (self.of, self.per or 0))


def figure(
    indicator: Mapping[str, Any],
    rows: Sequence[Row],
    period: Period,
    rules: Mapping[str, Any],
    where: Test | None = None,
) -> Figure:
    """The figure of an indicator over rows of a grid, those that pass `where`; `rules` are due rules by form."""
    asked = _Asked(rows, period, rules)
    own = [row for row in rows if where is None or where(row)]
    counted = asked.rows(indicator["of"], own)
    of = asked.value(indicator["of"], counted)
    documents = tuple(dict.fromkeys(row.doc_id for row in counted))
    if of is not None and "less" in indicator:
        of -= asked.value(indicator["less"], asked.rows(indicator["less"], own)) or 0
    if "per" not in indicator:
        scale = SCALES.get(indicator["unit"], 1)
        return Figure(None if of is None else of / scale, of or 0, None, documents)
    per = asked.value(indicator["per"], asked.rows(indicator["per"], own)) or 0
    return Figure((of or 0) / per if per else None, of or 0, per, documents)


def broken_down(
    indicator: Mapping[str, Any], rows: Sequence[Row], period: Period, rules: Mapping[str, Any], fact: str
) -> dict[str, Figure]:
    """The figures for each value of a fact."""
    values = sorted({text for row in rows for value in row.values(fact) for text in texts_of(value)})

    def having(wanted: str) -> Test:
        return lambda row: any(wanted in texts_of(value) for value in row.values(fact))

    found = {value: figure(indicator, rows, period, rules, having(value)) for value in values}
    return {value: one for value, one in found.items() if one.documents or one.per}


@dataclass(frozen=True)
class _Asked:
    """One look at rows in a period."""

    among: Sequence[Row]
    period: Period
    rules: Mapping[str, Any]
    _links: dict[str, dict[str, list[Row]]] = field(default_factory=dict)

    def tied(self, forms: Sequence[str], name: str, values: Iterable[str]) -> list[Row]:
        """The rows of some forms of which a fact has one of these values."""
        if name not in self._links:
            links: dict[str, list[Row]] = {}
            for row in self.among:
                for text in {text for value in row.values(name) for text in texts_of(value)}:
                    links.setdefault(text, []).append(row)
            self._links[name] = links
        found = {row.doc_id: row for value in values for row in self._links[name].get(value, [])}
        return [row for row in found.values() if row.form in forms]

    def rows(self, measure: Measure, own: Sequence[Row]) -> list[Row]:
        """The rows that a measure picks."""
        return [row for row in own if row.form in measure["forms"] for row in self._picked(measure, row)]

    def value(self, measure: Measure, rows: Sequence[Row]) -> float | None:
        """Count, sum or median of picked rows; None where there is no median."""
        if "sum" in measure:
            values = (value for row in rows for name in measure["sum"] for value in row.values(name))
            return sum(number for value in values if not _is_nan(number := number_of(atom(value))))
        if "median" in measure:
            spans = [span for row in rows if (span := _span_ms(measure["median"], row)) is not None]
            return median(spans) if spans else None
        if "distinct" in measure:
            named = measure["distinct"]
            return len({text for row in rows for value in row.values(named) for text in texts_of(value)})
        return len(rows)

    def _picked(self, measure: Measure, row: Row) -> Iterator[Row]:
        taken = [row]
        if "moves" in measure:
            taken = list(row.each_move(measure["moves"]))
        if "rows" in measure:
            taken = [inner for one in taken for inner in one.each(measure["rows"])]
        for one in taken:
            if self._falls(measure, one) and self._passes(measure, one):
                yield one

    def _falls(self, measure: Measure, row: Row) -> bool:
        """Whether a row falls into the period: by when it was made, by an answer, by an act, or by still standing."""
        when = measure.get("in", "made")
        if when == "standing":
            return True
        if when == "made":
            return self._within(row.at_ms)
        if isinstance(when, Mapping):
            return self._within(row.at(when["acts"]))
        return any(self._within(_ms(value)) for value in row.values(when))

    def _within(self, ms: int | None) -> bool:
        return ms is not None and self.period.begin_ms <= ms < self.period.end_ms

    def _passes(self, measure: Measure, row: Row) -> bool:
        where = measure.get("where", {})
        either = where if isinstance(where, list) else [where]
        return (
            any(self._fits(one, row) for one in either)
            and not (measure.get("not") and self._fits(measure["not"], row))
            and ("did" not in measure or row.at(measure["did"]) is not None)
            and ("due" not in measure or self._is_due(row))
            and ("has" not in measure or any(self._has(related, row) for related in measure["has"]))
        )

    def _fits(self, where: Mapping[str, Any], row: Row) -> bool:
        return all(self._is(wanted, row.values(name)) for name, wanted in where.items())

    def _is(self, wanted: Any, values: Sequence[Any]) -> bool:
        """Whether one of a fact's values is what a condition wants."""
        if isinstance(wanted, list):
            return any(not texts_of(value).isdisjoint(wanted) for value in values)
        if "answered" in wanted:
            return any(map(answered, values)) is wanted["answered"]
        if "not_before" in wanted:
            return any(
                (ms := _ms(value)) is not None and ms >= self.period.end_ms - DAY_MS for value in values
            )
        least, most = wanted.get("least", -(2**53)), wanted.get("most", 2**53)
        return any(least <= number_of(atom(value)) <= most for value in values)

    def _has(self, related: Measure, row: Row) -> bool:
        """Whether another row that a measure picks is tied to this one."""
        own = {text for value in row.values(related.get("from", "id")) for text in texts_of(value)}
        asked = self
        if "days" in related:
            days = max((number_of(atom(value)) for value in row.values(related["days"])), default=0)
            begin_ms = self.period.end_ms - int(days) * DAY_MS if days > 0 else self.period.end_ms
            asked = replace(self, period=Period(begin_ms, self.period.end_ms))
        tied = self.tied(related["forms"], related.get("to", "subject"), own)
        return bool(asked.rows(related, tied))

    def _is_due(self, row: Row) -> bool:
        """Whether the next visit was due before the end, as it stood at the beginning of the period."""
        begin_ms, rule = self.period.begin_ms, self.rules.get(row.form)
        if rule is None:
            return False
        before = [
            other.facts
            for other in self.tied(rule["forms"], "subject", [row.doc_id])
            if any((ms := _ms(value)) is not None and ms < begin_ms for value in other.values(rule["at"]))
        ]
        return next_due(rule, row.facts, before, local_date(begin_ms)).on <= local_date(
            self.period.end_ms - 1
        )


def _span_ms(ends: Sequence[Any], row: Row) -> int | None:
    begin, end = (_moment(one, row) for one in ends)
    return None if begin is None or end is None else end - begin


def _moment(one: Any, row: Row) -> int | None:
    """The instant that one end of a span means: `made`, an answer, or the first of some acts."""
    if isinstance(one, Mapping):
        return row.at(one["acts"])
    return row.at_ms if one == "made" else next(map(_ms, row.values(one)), None)


def _ms(value: Any) -> int | None:
    return instant_ms(value) if isinstance(value, str) else None


def _is_nan(number: float) -> bool:
    return number != number
