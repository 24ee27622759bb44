"""The languages of a workbook: texts whose language nobody names get one, and the main one is made complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from forms.messages import Text
from forms.xlsform.languages import UNSAID, tag_of, unsaid
from forms.xlsform.report import Place, Report

PREFERRED = ("zh-CN", "en")


def speak(
    title: Text,
    texts: Sequence[Text],
    files: Sequence[Text],
    wanted: str,
    place: Place,
    report: Report,
    is_unsaid: bool = False,
) -> str:
    """Give every text (and file) its language, in place, and complete the texts of the main one: its tag.

    `wanted` is the default language as the author names it; with `is_unsaid` texts of no named language stay so. The
    title is left in the main language alone.
    """
    named = tag_of(wanted) if wanted.lower() not in ("", "default") else ""
    bare = [text[UNSAID] for text in (*texts, title) if UNSAID in text]
    own = UNSAID if is_unsaid else named or unsaid(bare)
    if not is_unsaid and own == UNSAID and not any(UNSAID in text and len(text) > 1 for text in texts):
        own = _main(Counter(tag for text in (*texts, *files) for tag in text if tag != UNSAID), "")
    for text in (*texts, *files):
        _tell(text, own)
    main = _main(Counter(tag for text in texts for tag in text), named)
    first = title.get(main) or title.get(UNSAID) or next(iter(title.values()))
    title.clear()
    title[main] = first
    missing = [text for text in texts if main not in text]
    for text in missing:
        text[main] = next(text[tag] for tag in (*PREFERRED, *text) if tag in text)
    if missing:
        report.note(
            place,
            f"有 {len(missing)} 处文字缺 {main}，先用别的语言代替；请补上",
            f"{len(missing)} texts are missing in {main}; another language stands in for them. Please add them.",
        )
    return main


def _tell(text: Text, tag: str) -> None:
    """A text of no named language is of this one, unless there is another in it already."""
    if UNSAID in text and tag != UNSAID and text.get(tag, text[UNSAID]) == text[UNSAID]:
        given = text.pop(UNSAID)
        others = dict(text)
        text.clear()
        text.update({tag: others.pop(tag, given), **others})


def _main(counts: Counter[str], named: str) -> str:
    """The default language; else Chinese or English where most texts have it; else what most have."""
    most = max(counts.values(), default=0)
    candidates = [named] if counts[named] else [tag for tag in PREFERRED if counts[tag] * 2 > most]
    return next(iter([*candidates, *(tag for tag, _ in counts.most_common(1))]), named or UNSAID)
