"""The replies that are measured, and how the client asks the fake LLM for one. No I/O."""

import re
from dataclasses import dataclass

from benchmarks.tokens import TOKEN_CHARS

_REQUEST = re.compile(r"(\d+) tokens, (\d+) us apart")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One reply: so many tokens at such an interval."""

    tokens: int
    interval_us: int
    """Microseconds between two tokens."""

    @property
    def title(self) -> str:
        """Describe it for people."""
        return f"{self.tokens} tokens, {self.interval_us / 1000:g} ms apart"

    @property
    def chars(self) -> int:
        """Characters, and bytes, of the complete reply."""
        return self.tokens * TOKEN_CHARS

    @property
    def pace(self) -> float:
        """Tokens a second."""
        return 1e6 / self.interval_us

    @property
    def seconds(self) -> float:
        """How long the LLM needs for it."""
        return self.tokens * self.interval_us / 1e6

    @property
    def request(self) -> str:
        """The message that asks the fake LLM for this reply."""
        return f"{self.tokens} tokens, {self.interval_us} us apart, please"


PACED = Scenario(tokens=200, interval_us=10_000)
"""100 tokens a second: a usual LLM."""

FAST = Scenario(tokens=1000, interval_us=2_000)
"""500 tokens a second: a fast LLM, and more than one write for each token can carry."""

STEADY = Scenario(tokens=100, interval_us=50_000)
"""20 tokens a second, for some tens of rooms."""

SLOW = Scenario(tokens=100, interval_us=100_000)
"""10 tokens a second, for a hundred rooms."""

GENTLE = Scenario(tokens=30, interval_us=500_000)
"""2 tokens a second, for a hundred rooms on a machine that has something left for microphones."""

WARM_UP = Scenario(tokens=30, interval_us=10_000)
"""Sent first in every room and not counted: the first call of a cold process costs far more."""


def parse_request(text: str) -> Scenario | None:
    """Read the scenario out of a message, or None when it asks for none."""
    found = _REQUEST.search(text)
    if found is None:
        return None
    return Scenario(tokens=int(found[1]), interval_us=int(found[2]))
