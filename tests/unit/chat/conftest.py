"""What all tests of the chat package need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles import faked_protobuf


@pytest.fixture(autouse=True, scope="module")
def _no_native_side() -> Iterator[None]:
    with faked_protobuf():
        yield
