"""What the tests of the development stack share."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def kept_signals() -> Iterator[None]:
    """Puts back the signal handlers that a command installs."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)
