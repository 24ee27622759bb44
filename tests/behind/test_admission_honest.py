"""`tests/server/test_admission_honest.py`, with the documents kept by another server."""

from tests.server.test_admission_honest import *  # noqa: F403
