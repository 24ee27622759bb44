"""What authors write above a column, in thirty spellings, and the column it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forms.xlsform.languages import UNSAID, tag_of


@dataclass(frozen=True)
class Column:
    """A column: its name here, and the language of its texts where it names one.

    One that is not carried is none of its sheet's: its name is then what the author wrote.
    """

    name: str
    language: str = UNSAID
    is_carried: bool = True


SPELLINGS = {
    "type": ("type", "command"),
    "name": ("name", "value", "data_value"),
    "list_name": ("list_name", "listname", "list", "choice_list_name", "values_list", "select_from_list_name"),
    "label": ("label", "caption", "text", "display_prompt_text", "display_title_text"),
    "hint": ("hint", "display_hint_text"),
    "guidance_hint": ("guidance_hint", "guidance"),
    "image": ("image", "media_image", "display_prompt_image", "display_title_image"),
    "audio": ("audio", "media_audio", "display_prompt_audio"),
    "video": ("video", "media_video", "display_prompt_video"),
    "big-image": ("big-image", "media_big-image", "big_image"),
    "required": ("required", "bind_required"),
    "required_message": (
        "required_message", "required_msg", "requiredmsg", "bind_jr_requiredmsg", "jr_requiredmsg",
    ),
    "relevant": ("relevant", "relevance", "relevent", "bind_relevant", "bind_relevance"),
    "constraint": ("constraint", "validation", "bind_constraint"),
    "constraint_message": (
        "constraint_message", "constraint_msg", "constraint-msg", "constraintmsg", "validation_message",
        "bind_jr_constraintmsg", "jr_constraintmsg", "display_constraint_message_text",
    ),
    "calculation": ("calculation", "calculate", "bind_calculate", "bind_calculation"),
    "default": ("default",),
    "choice_filter": ("choice_filter",),
    "repeat_count": ("repeat_count", "count", "jr_count", "body_jr_count", "control_jr_count"),
    "appearance": ("appearance", "body_appearance", "control_appearance"),
    "readonly": ("readonly", "read_only", "bind_readonly"),
    "parameters": ("parameters", "parameter"),
    "trigger": ("trigger",),
    "rows": ("rows", "body_rows", "control_rows"),
    "capture-accuracy": ("body_accuracythreshold",),
    "disabled": ("disabled",),
    "form_title": ("form_title", "title", "set_form_title"),
    "form_id": ("form_id", "id_string", "set_form_id"),
    "version": ("version", "form_version"),
    "default_language": ("default_language",),
    "instance_name": ("instance_name",),
    "style": ("style",),
    "allow_choice_duplicates": ("allow_choice_duplicates",),
    "jinlin_list": ("jinlin_list",),
}  # fmt: skip
"""By the column its spellings, in small letters, with `_` for what stands between the words."""

BY_SPELLING = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}
TRANSLATED = frozenset(
    {"label", "hint", "guidance_hint", "image", "audio", "video", "big-image"}
    | {"required_message", "constraint_message", "form_title", "jinlin::warn_message"}
)
PREFIXES = frozenset(
    {"bind", "body", "control", "instance", "media", "jr", "attribute", "display", "kobo--locking"}
)
OURS = "jinlin"


SETTINGS = frozenset(
    {
        "form_title",
        "form_id",
        "version",
        "default_language",
        "instance_name",
        "style",
        "allow_choice_duplicates",
        "name",
    }
)
SURVEY = frozenset(SPELLINGS) - SETTINGS - {"jinlin_list"} | {"name"}
CHOICES = frozenset({"list_name", "name", "label", "image", "audio", "video", "big-image", "jinlin_list"})


def read_header(text: str, wanted: frozenset[str] = SURVEY) -> Column:
    """The column of these that a header means; one that is not carried where it means none of them."""
    parts = _parts(text)
    if parts[0] == OURS and len(parts) > 1:
        name = f"{OURS}::{parts[1].strip().lower()}"
        return Column(name, tag_of(parts[2]) if parts[2:] else UNSAID)
    for count in range(len(parts), 0, -1):
        name = BY_SPELLING.get("_".join(map(_spelling, parts[:count])), "")
        if name in wanted and (count == len(parts) or name in TRANSLATED):
            return Column(name, tag_of("::".join(parts[count:])) if parts[count:] else UNSAID)
    return Column(text.strip(), is_carried=False)


def is_of_a_tool(column: Column) -> bool:
    """Whether a column that is not carried means something to ODK, Enketo, KoboToolbox or the CHT."""
    first = re.split("[:.]", column.name)[0].strip().lower()
    return first in PREFIXES or column.name.lower() in (
        "save_to", "sms_field", "sms_option", "hxl", "clause", "condition", "no_app_error_string", "noapperrorstring",
        "templatepath", "kobo--matrix_list", "kobo--score-choices", "query", "model.type", "autoplay", "entity",
    )  # fmt: skip


def _parts(text: str) -> list[str]:
    """`media::image::English (en)`, `media:image:English`, `display.prompt.text.hi`."""
    text = text.strip()
    if "::" in text:
        return [part.strip() for part in text.split("::")]
    if text.lower().startswith("display."):
        return [part.strip() for part in text.split(".")]
    return [part.strip() for part in text.split(":")]


def _spelling(part: str) -> str:
    return re.sub(r"[\s_]+", "_", part.strip().lower())
