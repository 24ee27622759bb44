"""The contract of a document store, and the legs it runs on."""

import pytest

pytest.register_assert_rewrite("tests.contract.promises")
