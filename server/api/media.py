"""`/api/media/<database>/<sha256>`: originals of photos, up in chunks, down as pictures.

A picture is shown to its uploader, and to those who may read its grid once a document names it.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response, jsonify, request

from server.access import Action, Actor, NotAllowed, may
from server.api.wording import speak
from server.media import CHUNK_BYTES, MediaStore, Upload
from server.media_ledger import Original
from server.native import offload
from server.refusals import BadChunk
from server.services import services
from server.signin import actor_of
from sync.errors import NotFound

blueprint = speak(Blueprint("media", __name__))

_ADDRESS = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@blueprint.put("/api/media/<database>/<sha256>/<int:chunk>")
def put(database: str, sha256: str, chunk: int) -> Response:
    """One chunk of 256 KiB (the last one shorter); 201 when it is durable. Sending it again changes nothing."""
    actor = _enter("write_media", database, sha256)
    if request.content_length is None or request.content_length > CHUNK_BYTES:
        raise BadChunk
    total = request.headers.get("X-Media-Bytes", "")
    if not (total.isascii() and total.isdigit() and len(total) <= 9):
        raise BadChunk
    upload = Upload(database, sha256, int(total), actor.name, actor.device)
    held = offload(services().media.take, upload, chunk, request.get_data(), services().clock())
    response = jsonify(have=list(held.have), complete=held.complete)
    response.status_code = 201
    return response


@blueprint.route("/api/media/<database>/<sha256>", methods=["GET"])
def get(database: str, sha256: str) -> Response:
    """The picture; for HEAD, 206 with `X-Media-Have` says which chunks of this device are here."""
    if request.method == "HEAD":
        return _head(_enter("write_media", database, sha256), database, sha256)
    actor = _enter("read_media", database, sha256)
    found = offload(_visible, services().media, actor, database, sha256)
    original, data = found[0], offload(found[1].read_bytes)
    response = Response(data, mimetype=original.content_type)
    ending = _ENDINGS[original.content_type]
    response.headers["Content-Disposition"] = f'inline; filename="{sha256[:16]}.{ending}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.set_etag(sha256)
    response.make_conditional(request)
    return response


def _head(actor: Actor, database: str, sha256: str) -> Response:
    holder = Upload(database, sha256, 0, actor.name, actor.device).holder
    held = offload(services().media.holding, database, sha256, holder)
    if held.complete:
        return Response(status=200)
    if not held.have:
        return Response(status=404)
    return Response(status=206, headers={"X-Media-Have": ",".join(map(str, held.have))})


def _visible(media: MediaStore, actor: Actor, database: str, sha256: str) -> tuple[Original, Path]:
    found = media.open(database, sha256)
    if found is None or not (found[0].uploader == actor.name or media.ledger.is_mentioned(database, sha256)):
        raise NotFound(sha256)
    return found


def _enter(action: Action, database: str, sha256: str) -> Actor:
    """Sign in, may?, and an address that is one; who may not read the grid learns nothing of it."""
    actor = actor_of(request)
    code = offload(services().directory.code_of_database, database)
    if code is None or not may(actor, action, database, code):
        raise NotAllowed
    if _ADDRESS.fullmatch(sha256) is None:
        raise NotFound(sha256)
    return actor
