"""What is collected here (workbooks of other people only where a folder of them is named), and the phone to compare."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.forms.phone import bundle

collect_ignore = [] if os.environ.get("JINLIN_XLSFORMS") else ["test_xlsform_collection.py"]


@pytest.fixture(scope="session")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The phone's pure modules as one script."""
    return bundle(tmp_path_factory.mktemp("parity"))
