"""The limits of one reply's generation, and how it ended. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from livekit.agents import llm

from .answer.finish import Finish
from .chunks import take_finish_reason, take_progress, take_thought, unguard
from .failure import Failure, Remedy
from .surrogates import SurrogateJoiner


@dataclass(frozen=True)
class GenerationLimits:
    """How long the LLM may take, and how much it may write.

    What counts is text, and pieces of tool calls. Comments that keep a connection alive and empty deltas
    do not: nobody sees anything of them, however long they go on. Thoughts are a sign of life, but no
    answer.
    """

    first_token: float = 60.0
    """Seconds from the first request to the first thought or to what counts, also if a second request
    is made."""
    gap: float = 30.0
    """Seconds from there to the next, and so on."""
    thinking: float = 300.0
    """Seconds that a model may think between one thing that counts and the next."""
    whole: float = 600.0
    """Seconds for a whole reply, with its tool calls and all requests between them."""
    max_chars: int = 100_000
    """Characters of a whole reply; more is cut off."""


DEFAULT_LIMITS = GenerationLimits()


class Ending(Enum):
    """How the generation of a reply ended. One that was interrupted counts as complete."""

    COMPLETE = "complete"
    CUT = "cut"
    """The service or `GenerationLimits.max_chars` ended it by its length."""
    FILTERED = "filtered"
    """The service's content filter ended it."""
    FAILED = "failed"


_ENDINGS = {Finish.LENGTH.value: Ending.CUT, Finish.CONTENT_FILTER.value: Ending.FILTERED}


class Sign(Enum):
    """What a chunk shows of a model at work."""

    NONE = "none"
    """Nothing: it keeps the connection alive."""

    THOUGHT = "thought"
    """It thinks."""

    ANSWER = "answer"
    """It answers, or calls a tool."""


class GenerationFailedError(Exception):
    """The LLM did not answer. Gives the cause in a neutral word, as these exceptions are logged."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"no answer from the LLM: {cause}")
        self.cause = cause
        """See `Failure.cause`."""


@dataclass
class Generation:
    """One reply's generation: what is left of its limits, and how it ended."""

    limits: GenerationLimits
    deadline: float
    """When the whole of it must be done, by the event loop's clock."""
    ending: Ending = Ending.COMPLETE
    failure: Failure | None = None
    """Why it failed, or why nothing of it is shown; None if nothing went wrong."""
    thought: bool = False
    """Whether the model thought."""
    exhausted: bool = False
    """Whether text was cut off: no more of it is to be asked for."""
    _chars_left: int = field(init=False)

    def __post_init__(self) -> None:
        self._chars_left = self.limits.max_chars

    def admit(self, chunk: llm.ChatChunk, characters: SurrogateJoiner) -> Sign:
        """Take note of a chunk: take out of it what is ours, and cut off what is too much.

        Args:
            chunk: The chunk; it is changed.
            characters: Joins the characters of the request that it answers.

        Returns:
            What it shows.
        """
        delta = chunk.delta
        if delta is None:
            return Sign.NONE
        if (reason := take_finish_reason(delta)) is not None:
            self.ending = _ENDINGS.get(reason, Ending.COMPLETE)
        progress, thinks = take_progress(delta), take_thought(delta)
        self.thought = self.thought or thinks
        if delta.content:
            unguard(delta)
            delta.content = characters.join(delta.content)
            self._cut(delta, delta.content)
        for call in delta.tool_calls:
            call.arguments = SurrogateJoiner().join(call.arguments)
        if delta.content or delta.tool_calls or progress:
            return Sign.ANSWER
        return Sign.THOUGHT if thinks else Sign.NONE

    def _cut(self, delta: llm.ChoiceDelta, text: str) -> None:
        if len(text) > self._chars_left:
            delta.content = text[: self._chars_left]
            delta.tool_calls = []
            self.ending = Ending.CUT
            self.exhausted = True
        self._chars_left -= len(text)

    def fail(self, failure: Failure) -> None:
        """Note that it failed."""
        self.ending = Ending.FILTERED if failure.remedy is Remedy.REPHRASE else Ending.FAILED
        self.failure = failure
