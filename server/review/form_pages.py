"""表单: for form authors: what is published, handing in a form, looking at it before it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from forms.catalogue import shipped
from server.access import may
from server.candidates import Candidate
from server.manuscripts import (
    Line,
    Manuscript,
    Refused,
    Remark,
    Unreadable,
    from_json,
    from_workbook,
    is_workbook,
)
from server.native import offload
from server.publishing import FORMS, Publication, authored, in_its_places, publish_as, successor
from server.review.acts import ActNotAllowed
from server.review.desk import actor, visitor
from server.review.library import label
from server.review.texts import Locale, say
from server.services import Services, services
from sync.errors import NotFound

TABLES_BYTES_MAX = 4 * 2**20
"""All tables beside a workbook together."""

SHOWN = 200
"""Remarks on one page; how many more there are is told."""


def register(blueprint: Blueprint) -> None:
    """Add the forms' routes."""
    blueprint.add_url_rule("/forms", "form_list", show_list, methods=["GET"])
    blueprint.add_url_rule("/forms", "hand_in", hand_in, methods=["POST"])
    blueprint.add_url_rule("/forms/<form>", "candidate", show_candidate, methods=["GET"])
    blueprint.add_url_rule("/forms/<form>/publish", "publish_form", publish, methods=["POST"])
    blueprint.add_url_rule("/forms/<form>/drop", "drop_form", drop, methods=["POST"])


def show_list() -> str:
    """What is handed in and not published, and what is published."""
    _author()
    return _list_page()


def hand_in() -> Response | tuple[str, int]:
    """Keep a form that could be published as its author's candidate; else say all that is wrong with it."""
    author = _author()
    files = {file.filename: file for file in request.files.getlist("files") if file.filename}
    try:
        name, manuscript = _manuscript(files)
        offload(_examined, services(), manuscript)
    except Refused as error:
        return _list_page(error.remarks, "、".join(files)), 422
    parts = services()
    kept = offload(parts.candidates.keep, author, manuscript, name, parts.clock())
    return redirect(url_for(".candidate", form=kept.form), 303)


def show_candidate(form: str) -> str:
    """One candidate: what was said of it, and what publishing it would do."""
    found = _found(form)
    try:
        return _candidate_page(found, offload(_examined, services(), found.manuscript))
    except Refused as error:
        return _candidate_page(found, None, error.remarks)


def publish(form: str) -> Response | tuple[str, int]:
    """Publish a candidate, which is none any more then."""
    found = _found(form)
    if request.form.get("kept_at") != found.kept_at:
        return _candidate_page(found, offload(_examined, services(), found.manuscript)), 409
    try:
        offload(_publish, services(), _author(), found)
    except Refused as error:
        return _candidate_page(found, None, error.remarks), 409
    return redirect(url_for(".form_list", published=form, version=found.definition["version"]), 303)


def drop(form: str) -> Response:
    """Keep a candidate no longer."""
    offload(services().candidates.drop, _author(), form)
    return redirect(url_for(".form_list"), 303)


def _author() -> str:
    if not may(actor(), "publish_forms"):
        raise ActNotAllowed("publish_forms")
    return actor().name


def _found(form: str) -> Candidate:
    found = offload(services().candidates.find, _author(), form, services().clock())
    if found is None:
        raise NotFound(form)
    return found


def _manuscript(files: Mapping[str, FileStorage]) -> tuple[str, Manuscript]:
    """The one form among the files that were sent, with the tables (.csv) that it names beside it."""
    named = [name for name in files if not name.lower().endswith(".csv")]
    if len(named) != 1:
        raise Unreadable(
            "请选一个表单文件：.xlsx、.xls 或 .json；选项表（.csv）可以一起选",
            "Choose one form: .xlsx, .xls or .json; its tables (.csv) may be chosen with it.",
        )
    name, data = named[0], files[named[0]].read()
    if not is_workbook(name):
        return name, offload(from_json, data)
    tables = {name: file.read() for name, file in files.items() if name.lower().endswith(".csv")}
    if sum(map(len, tables.values())) > TABLES_BYTES_MAX:
        raise Unreadable(
            "选项表太大，一共最多 4 MB；请只留要用的行",
            "The tables are too large, 4 MB at most; leave only the rows that are needed.",
        )
    return name, from_workbook(data, name, tables.get)


def _examined(parts: Services, manuscript: Manuscript) -> Publication:
    store = parts.stores.open(FORMS)
    with in_its_places(manuscript):
        return successor(store, authored(store, manuscript.definition))


def _publish(parts: Services, author: str, found: Candidate) -> None:
    with in_its_places(found.manuscript):
        publish_as(author, found.definition, parts.stores.open(FORMS), parts.accounts, parts.clock())
    parts.candidates.drop(author, found.form)


def _list_page(remarks: Sequence[Remark] = (), file: str = "") -> str:
    author, locale = _author(), visitor().locale
    rows, kept = offload(_listed, services(), author)
    published = next((row for row in rows if row["form"] == request.args.get("published")), None)
    return render_template(
        "desk/forms.html",
        current="forms",
        rows=[{**row, "title": label(row["title"], locale)} for row in rows],
        kept=[_summary(one, locale) for one in kept],
        published=published and label(published["title"], locale),
        version=request.args.get("version", ""),
        file=file,
        **_report(remarks, locale),
    )


def _candidate_page(found: Candidate, made: Publication | None, remarks: Sequence[Remark] = ()) -> str:
    """`made` is what publishing would do; none where it cannot be published any more."""
    locale = visitor().locale
    return render_template(
        "desk/candidate.html",
        current="forms",
        one=_summary(found, locale),
        made=made,
        **_report([*remarks, *(one for one in found.remarks if one not in remarks)], locale),
    )


def _listed(parts: Services, author: str) -> tuple[list[dict[str, Any]], list[Candidate]]:
    """Each form with its versions, the newest first, and what is kept for the author."""
    store = parts.stores.open(FORMS)
    ids = [doc_id for doc_id, _ in store.all_ids("form:", "form:\uffff")]
    ours = {definition.form for definition in shipped()}
    rows: dict[str, dict[str, Any]] = {}
    for fields in sorted(
        (leaves[0].fields for leaves in store.leaves_many(ids).values()), key=lambda fields: fields["version"]
    ):
        row = rows.setdefault(fields["form"], {"form": fields["form"], "versions": []})
        row["versions"].insert(0, fields["version"])
        row["title"], row["ours"] = fields["title"], fields["form"] in ours
    listed = sorted(rows.values(), key=lambda row: (row["ours"], row["form"]))
    return listed, parts.candidates.all(author, parts.clock())


def _summary(one: Candidate, locale: Locale) -> dict[str, Any]:
    definition = one.definition
    return {
        "form": one.form,
        "version": definition["version"],
        "title": label(definition["title"], locale),
        "file": one.file,
        "kept_at": one.kept_at,
        "count": len(definition["questions"]),
    }


def _report(remarks: Sequence[Remark], locale: Locale) -> dict[str, Any]:
    lines = [
        {"severity": one.severity, "place": _place(one, locale), "said": one.said[locale]} for one in remarks
    ]
    return {"report": lines[:SHOWN], "more": max(0, len(lines) - SHOWN)}


def _place(remark: Remark, locale: Locale) -> str:
    if not isinstance(remark.place, Line):
        return "" if remark.place is None else str(remark.place)
    line = say(locale, "forms.line", number=remark.place.number)
    return f"{line} {remark.place.path}" if remark.place.path else line
