"""What a server answered, as values; an answer that cannot be read is the server's fault: `NotACouch`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import requests
from ibm_cloud_sdk_core import DetailedResponse

from sync import wire
from sync.documents import Document, Json
from sync.errors import Malformed, NotACouch, StoreUnavailable
from sync.peer import translated

ANY_SIZE = 2**62


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Ask and read: the peer's refusals and silences as our errors, and so an answer of another shape."""
    try:
        with translated(what):
            yield
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise NotACouch("the server's answer is not what a CouchDB-compatible server answers") from error


def json_of(answer: DetailedResponse) -> Json:
    """The parsed body of an answer, whatever the server calls its type."""
    result = answer.get_result()
    if not isinstance(result, requests.Response):
        return result
    return orjson.loads(result.content)


class NoQuorum(StoreUnavailable):
    """Fewer copies than a majority took a write (202): it is not durable, and may yet be lost or stay."""


def durable(answer: DetailedResponse) -> DetailedResponse:
    """The answer to a write that is durable; `NoQuorum` for one that is not."""
    if answer.get_status_code() == 202:
        raise NoQuorum("the cluster had no quorum: what it took is not durable yet")
    return answer


def document_of(member: Json) -> Document:
    """A document as the server tells it."""
    try:
        return wire.read_document(member, bytes_max=ANY_SIZE)
    except (wire.BadDocument, Malformed) as error:
        raise NotACouch(f"the server tells of a document that is none: {error}") from error
