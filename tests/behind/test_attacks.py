"""`tests/server/test_attacks.py`, with the documents kept by another server."""

from tests.server.test_attacks import *  # noqa: F403
