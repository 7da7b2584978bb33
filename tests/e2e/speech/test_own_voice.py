"""The agent's voice comes back through somebody's loudspeakers: it is not answered, nor shown."""

from __future__ import annotations

from tests.doubles import FakeOpenAI, Reply, words
from tests.e2e.scripts import in_turn
from tests.e2e.speech.sound import Samples, Sound, silence
from tests.e2e.speech.speaker import AGENT, Speaker
from tests.e2e.speech.stage import Stage, asked
from tests.e2e.speech.voices import LOW

LONG = (
    "My sister lives near the river. The meeting begins at nine o'clock. "
    "What is the tallest mountain? Where is the nearest train station?"
)
MOON = "How far away is the moon?"


def stand_next_to_the_loudspeaker(ada: Speaker, loudness: float) -> None:
    """Let ada's microphone hear all that her loudspeaker plays."""

    def come_back(samples: Samples) -> None:
        assert ada.microphone is not None
        ada.microphone.overhear(Sound(samples).louder(loudness))

    ada.on_sound = come_back


async def test_it_is_not_answered(speaking: Stage, llm: FakeOpenAI) -> None:
    llm.script = in_turn(Reply(words(LONG)))
    async with speaking.enter("ada") as ada:
        await ada.open_microphone()
        stand_next_to_the_loudspeaker(ada, 0.5)
        await ada.say("tell me")
        await ada.hears_it_all(quiet=2.0)
        await ada.play(silence(2.0))
        await ada.follows((AGENT, LONG))
        assert len(llm.requests) == 1


async def test_what_is_asked_afterwards_is_heard(speaking: Stage, llm: FakeOpenAI) -> None:
    answer = "My sister lives near the river."
    llm.script = in_turn(Reply(words(answer)), Reply(["Far."]))
    async with speaking.enter("ada", voice=LOW) as ada:
        await ada.open_microphone()
        stand_next_to_the_loudspeaker(ada, 0.4)
        await ada.say("tell me")
        await ada.hears_it_all(quiet=1.5)
        await ada.speak(MOON)
        await ada.sees("Far.")
        assert asked(llm)[1:] == ada.own_words


async def test_somebody_who_repeats_the_agents_words_much_later_is_answered(
    speaking: Stage, llm: FakeOpenAI
) -> None:
    answer = "The meeting begins at nine o'clock."
    llm.script = in_turn(Reply(words(answer)), Reply(["Yes."]))
    async with speaking.enter("ada", voice=LOW) as ada:
        await ada.open_microphone()
        await ada.say("tell me")
        await ada.hears_it_all()
        await ada.play(silence(11))
        await ada.speak(answer)
        await ada.sees("Yes.")
