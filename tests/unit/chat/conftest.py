"""What all tests of the chat package need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat.sending.channels.open_stream import OpenStreamChannel
from tests.doubles import faked_protobuf


@pytest.fixture(autouse=True, scope="module")
def _no_native_side() -> Iterator[None]:
    with faked_protobuf():
        yield


@pytest.fixture(autouse=True)
def _nothing_else_grows() -> None:
    """Streams that a test leaves open would make those of the next wait for them."""
    OpenStreamChannel.growing.clear()
