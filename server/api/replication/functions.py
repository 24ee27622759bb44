"""What CouchDB runs of design documents, which is JavaScript: stored and replicated here, and not run."""

from __future__ import annotations

from flask import Response

from server.api.replication.door import enter
from server.api.replication.feed_filters import NOT_RUN, check_function
from server.api.replication.paths import Routes
from server.errors import NotServed
from sync.errors import NotFound


def view(name: str, design: str, view: str) -> Response:
    """`GET/POST /db/<name>/_design/<design>/_view/<view>`: 404 where there is none, 501 where there is."""
    check_function(enter(name, "read_database"), design, "views", view)
    raise NotServed(NOT_RUN)


def unknown(name: str, special: str) -> Response:
    """`GET /db/<name>/_…`: a part of a database that no CouchDB has."""
    enter(name, "read_database")
    raise NotFound(special)


ROUTES: Routes = (
    ("GET", "/<segment:name>/_design/<any_segment:design>/_view/<any_segment:view>", view),
    ("POST", "/<segment:name>/_design/<any_segment:design>/_view/<any_segment:view>", view),
    ("GET", "/<segment:name>/<special:special>", unknown),
)
