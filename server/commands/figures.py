"""`jinlin figures`: the indicators of a grid in a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from forms.catalogue import indicators
from forms.indicators import SMALL, Figure, Period, broken_down, figure

if TYPE_CHECKING:
    from server.figures import Held

Cells = tuple[str, str, str]


@click.command()
@click.argument("code", metavar="GRID")
@click.option("--from", "first", metavar="DATE", help="first day, such as 2026-11-01; default: of this month")
@click.option("--to", "last", metavar="DATE", help="last day; default: today")
@click.pass_context
def figures(context: click.Context, code: str, first: str | None, last: str | None) -> None:
    """Print the indicators of GRID (15-digit code) from its documents: what is not there to divide by is a dash."""
    from server.app import build_services
    from server.cli import effective
    from server.figures import held
    from server.review.library import Library
    from server.review.values import SHANGHAI

    services = build_services(effective(context).settings)
    grid = services.directory.grid_of_code(code)
    if grid is None:
        known = "、".join(one.code for one in services.directory.grids()) or "—"
        raise click.ClickException(
            f"没有网格 {code}；已有：{known}。 There is no grid {code}; there are: {known}"
        )
    today = services.clock().astimezone(SHANGHAI).date()
    begin, end = _day(first, today.replace(day=1)), _day(last, today)
    if begin > end:
        raise click.ClickException(f"起始日 {begin} 晚于截止日 {end}。 {begin} is after {end}.")
    period = Period.of(begin.isoformat(), (end + timedelta(days=1)).isoformat())
    found = held(services.stores.open(grid.database), Library(services.stores), period.end_ms)
    table = Table("指标 indicator", "数值 figure", "其中 of", box=None, title=f"{code}  {begin} — {end}")
    for indicator in indicators().values():
        for row in _lines(indicator, found, period):
            table.add_row(*row)
    Console(width=110).print(table)
    if found.unknown:
        click.echo(
            f"{found.unknown} 份资料的表单版本还没有到这台服务器，没有计入。 "
            f"{found.unknown} documents were not counted: the version of their form has not arrived here.",
            err=True,
        )


def _day(text: str | None, otherwise: date) -> date:
    try:
        return otherwise if text is None else date.fromisoformat(text)
    except ValueError:
        raise click.ClickException(
            f"{text} 不是日期；请写成 2026-11-01。 {text} is no date; write 2026-11-01."
        ) from None


def _lines(indicator: Mapping[str, Any], held: Held, period: Period) -> Iterator[Cells]:
    """One line for an indicator, and one for each of its parts where it names a fact to part it by."""
    label, forms = indicator["label"], indicator["of"]["forms"]
    whole = figure(indicator, held.rows, period, held.rules)
    yield f"{label['zh-CN']} {label['en']}", *_shown(whole, indicator)
    if (fact := indicator.get("by")) is None:
        return
    for value, part in broken_down(indicator, held.rows, period, held.rules, fact).items():
        name = " ".join(dict.fromkeys(held.called(forms, fact, value, one) for one in ("zh-CN", "en")))
        yield f"  {name}", *_shown(part, indicator)


def _shown(found: Figure, indicator: Mapping[str, Any]) -> tuple[str, str]:
    if found.is_small and indicator.get("people"):
        return f"<{SMALL}", ""
    return _value(found, indicator["unit"]), "" if found.per is None else f"{found.of:g} / {found.per:g}"


def _value(found: Figure, unit: str) -> str:
    if found.value is None:
        return "—"
    if unit == "share":
        return f"{found.value:.1%}"
    if unit == "money":
        return f"{found.value / 100:,.2f} 元"
    return f"{found.value:,.10g}" + {"hours": " 小时 h", "minutes": " 分钟 min"}.get(unit, "")
