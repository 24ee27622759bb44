"""`POST /api/grids/<database>/receipts {id: rev, …}`: how far each revision has come."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from server.access import NotAllowed, may
from server.api.wording import locale, speak
from server.native import offload
from server.receipts import Receipt, receipts
from server.services import services
from server.signin import actor_of
from sync import wire
from sync.errors import Malformed
from sync.revisions import parse

blueprint = speak(Blueprint("receipts", __name__))

_WAITING = {"zh-CN": "已收到，等待社区审核", "en": "Received; waiting for a supervisor."}
_WHY = {
    "foreign_author": {"zh-CN": "填报人不是登录账号", "en": "It is in another's name."},
    "foreign_edit": {"zh-CN": "包含不属于本机的修改", "en": "It holds edits that this device did not make."},
    "foreign_record": {
        "zh-CN": "只有填报人或社区工作人员可以修改",
        "en": "Only its author or community staff edit it.",
    },
    "foreign_device": {"zh-CN": "来自另一台设备", "en": "It names another device."},
    "foreign_grid": {"zh-CN": "不属于您的网格", "en": "It is of a grid that is not yours."},
    "cloned_device": {"zh-CN": "本机数据可能被复制过", "en": "This device's data may have been copied."},
    "gone": {"zh-CN": "该档案已被移除或迁出", "en": "The document was removed here, or moved."},
}


@blueprint.post("/api/grids/<database>/receipts")
def ask(database: str) -> Response:
    """The tier of each revision, its photos as [here, named], and for quarantine the reason in plain words."""
    current, actor = services(), actor_of(request)
    if not may(actor, "read_database", database, offload(current.directory.code_of_database, database)):
        raise NotAllowed
    found = offload(receipts, current.stores, current.media, database, _revs())
    response = jsonify({doc_id: _shown(receipt) for doc_id, receipt in found.items()})
    response.headers["Cache-Control"] = "no-store"
    return response


def _revs() -> dict[str, str]:
    given = wire.load_object(request.get_data())
    if not all(isinstance(rev, str) for rev in given.values()):
        raise Malformed("Request body must map document ids to revisions.")
    if len(given) > services().settings.bulk_docs_max:
        raise Malformed("Too many revisions at once.")
    return {doc_id: "-".join(map(str, parse(rev))) for doc_id, rev in given.items()}


def _shown(receipt: Receipt) -> dict[str, Any]:
    shown: dict[str, Any] = {"tier": receipt.tier}
    if receipt.photos is not None:
        shown["photos"] = list(receipt.photos)
    if receipt.tier == "quarantined":
        shown["reason"] = "；".join(w[locale()] for w in (_WAITING, _WHY.get(receipt.slug)) if w)
    return shown
