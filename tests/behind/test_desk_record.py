"""`tests/server/test_desk_record.py`, with the documents kept by another server."""

from tests.server.test_desk_record import *  # noqa: F403
