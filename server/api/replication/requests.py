"""What a request says: its body, bounded before and after decompression, and its options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import overload

import orjson
from flask import request
from werkzeug.exceptions import ClientDisconnected

from server.access import Actor
from server.errors import NotJson, TooLarge
from server.native import offload
from server.services import services
from sync import wire
from sync.documents import Json
from sync.errors import Malformed
from sync.wire import DocumentTooLarge, Received, Spool

_CHUNK_BYTES = 64 * 1024


def received(*, typed: bool = False) -> bytes:
    """The body of a request that is JSON, decompressed if it came as gzip; `typed`: it must say that it is."""
    if request.mimetype != "application/json" and (typed or request.mimetype):
        raise NotJson
    return unpacked()


def unpacked() -> bytes:
    """The body as it was meant: decompressed if it came as gzip, `TooLarge` beyond either limit."""
    body = request.get_data(cache=False)
    if not _is_packed():
        return body
    try:
        return wire.gunzip(body, services().settings.request_unpacked_bytes_max)
    except DocumentTooLarge as error:
        raise TooLarge from error


def spool(actor: Actor) -> Spool:
    """Where the attachments of this request go; it may be as long as they, where admission might take them."""
    settings = services().settings
    if not actor.trusted:
        return Spool(settings.data, settings.request_bytes_max, offload)
    request.max_content_length = settings.attachment_bytes_max + settings.request_bytes_max
    return Spool(settings.data, settings.attachment_bytes_max, offload)


def attached(spool: Spool) -> Received:
    """The body as the bytes of an attachment, read as it comes."""
    return spool.keep(_as_it_comes())


def related(spool: Spool) -> Json:
    """The document of a `multipart/related` body, its attachments with their bytes, read as it comes."""
    boundary = request.mimetype_params.get("boundary", "")
    bytes_max = services().settings.request_unpacked_bytes_max
    return wire.read_related(_as_it_comes(), boundary, spool, bytes_max=bytes_max)


def _as_it_comes() -> Iterator[bytes]:
    """The body in pieces, decompressed if it came as gzip."""
    return wire.inflated(_chunks()) if _is_packed() else _chunks()


def _chunks() -> Iterator[bytes]:
    """The body as it travels. gunicorn ends one that breaks off as if it were whole: `ClientDisconnected`."""
    length = 0
    while chunk := request.stream.read(_CHUNK_BYTES):
        length += len(chunk)
        yield chunk
    if length < (request.content_length or 0):
        raise ClientDisconnected


def _is_packed() -> bool:
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise NotJson(f"Content-Encoding {encoding} is not understood")
    return encoding == "gzip"


def accepts_multipart(kind: str) -> bool:
    """Whether the client names `multipart/<kind>` among what it takes; `*/*` is answered in JSON."""
    return any(given in (f"multipart/{kind}", "multipart/*") for given in request.accept_mimetypes.values())


def flag(options: Mapping[str, str], name: str) -> bool:
    """A true/false option of the query, false where it is not given; `Malformed` for anything else."""
    value = options.get(name, "false")
    if value not in ("true", "false"):
        raise Malformed(f"Invalid boolean parameter: {value!r}")
    return value == "true"


@overload
def number(options: Mapping[str, str], name: str, default: int) -> int: ...
@overload
def number(options: Mapping[str, str], name: str, default: None = None) -> int | None: ...
def number(options: Mapping[str, str], name: str, default: int | None = None) -> int | None:
    """A whole number, zero or more, of the query."""
    value = options.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 15:
        raise Malformed(f"Invalid value for {name}: {value!r}")
    return int(value)


def parsed(options: Mapping[str, str], name: str) -> Json:
    """An option that is written as JSON, or None where it is not given."""
    value = options.get(name)
    if value is None:
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise Malformed("invalid UTF-8 JSON") from error


def key(options: Mapping[str, str], *names: str) -> str | None:
    """A document id written as JSON under the first of these names that is given; `Malformed` for no string."""
    for name in names:
        value = parsed(options, name)
        if value is not None:
            if not isinstance(value, str):
                raise Malformed(f"`{name}` must be a JSON string")
            return value
    return None
