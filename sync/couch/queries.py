"""Queries that the server behind answers (`FindsItself`): a CouchDB has the indexes of its own design documents."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from ibm_cloud_sdk_core import ApiException

from sync.couch.answers import json_of, reading
from sync.documents import Json
from sync.peer import Line

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_HAS_NOT = (400, 405, 501)
"""The query is sound here; that server has no index to sort by, or an operator less, or no queries at all."""


def find(name: str, line: Line, query: Mapping[str, Json]) -> Mapping[str, Json] | None:
    """See `FindsItself.find`. A reply without a bookmark is pouchdb-server's, which knows no pages."""
    reply = _asked(name, line, "_find", query)
    return reply if reply is not None and "bookmark" in reply else None


def explain(name: str, line: Line, query: Mapping[str, Json]) -> Mapping[str, Json] | None:
    """See `FindsItself.explain`."""
    if find(name, line, {**query, "limit": 0}) is None:
        return None
    return _asked(name, line, "_explain", query)


def _asked(name: str, line: Line, verb: str, query: Mapping[str, Json]) -> dict[str, Json] | None:
    service = line.service
    path = "/{}/{}".format(*service.encode_path_vars(name), verb)
    with reading(name):
        asked = service.prepare_request("POST", path, headers=_HEADERS, data=orjson.dumps(dict(query)))
        try:
            return dict(json_of(service.send(asked, stream=True)))
        except ApiException as error:
            if error.status_code in _HAS_NOT:
                return None
            raise
