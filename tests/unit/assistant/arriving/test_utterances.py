"""What people say aloud is one conversation with what they type."""

from __future__ import annotations

import asyncio

import pytest

import prompts
from assistant.arriving.limits import Limits
from assistant.arriving.mention import Mention
from assistant.people.notices import INTERVAL
from assistant.turns.overlap import Overlap
from speech.utterance import Trouble
from tests.unit.assistant.arriving.speakers import Shown, Speakers
from tests.unit.assistant.doubles import ADA, BOB, EVE, Held, RoomDouble
from tests.unit.assistant.scene import Setting, group, play, talking
from tests.waiting import eventually

MENTION_ME = prompts.load("notice_mention_me")
STOPPED = prompts.load("notice_stopped")


async def test_words_are_shown_as_the_speakers_own_and_answered() -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        speakers.says("hello there")
        await scene.shown("echo hello there")
        assert speakers.screen.shown == [Shown("ada", "ada-1", "hello there", final=True)]
        assert speakers.voice.notes == ["asked"]
        assert not speakers.spoken.undecided


async def test_words_so_far_are_shown_under_the_same_id() -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        utterance = speakers.begins()
        speakers.spoken.words(utterance, "hello")
        await eventually(lambda: speakers.screen.shown)
        assert not scene.asked
        speakers.ends(utterance, "hello there")
        await scene.has_asked(1)
        assert speakers.screen.shown == [
            Shown("ada", "ada-1", "hello", final=False),
            Shown("ada", "ada-1", "hello there", final=True),
        ]


async def test_an_utterance_is_known_as_spoken_since_when_its_speaker_began() -> None:
    async with talking(Held("x"), setting=Setting(Overlap.QUEUE)) as scene:
        speakers = Speakers(scene)
        scene.chat.receive("first")
        await scene.has_asked(1)
        utterance = speakers.says("second")
        await eventually(lambda: scene.conversation.waiting)
        [question] = scene.conversation.waiting
        assert question.spoken
        assert question.asked_at == utterance.began_at


async def test_nothing_is_asked_before_the_words_are_shown() -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        speakers.screen.open.clear()
        speakers.says("hello")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not scene.conversation.waiting
        assert speakers.spoken.undecided
        speakers.screen.open.set()
        await scene.has_asked(1)


async def test_what_cannot_be_shown_is_answered_all_the_same() -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        speakers.screen.failure = ConnectionError()
        speakers.says("hello")
        await scene.shown("echo hello")


@pytest.mark.parametrize("text", ["", " \n"])
async def test_what_has_no_words_is_nothing(text: str) -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        speakers.says(text)
        assert not speakers.spoken.undecided
        assert speakers.voice.notes == ["dropped"]
        scene.chat.receive("typed")
        await scene.shown("echo typed")
        assert speakers.screen.shown == []


async def test_words_that_turned_out_to_be_nobodys_stay_as_they_were_shown() -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        utterance = speakers.begins()
        speakers.spoken.words(utterance, "you know")
        speakers.ends(utterance, "")
        await eventually(lambda: speakers.screen.finals)
        assert speakers.screen.finals == [("ada", "you know")]
        assert not scene.asked
        assert not speakers.spoken.undecided


async def test_a_cough_does_not_interrupt_and_words_do(every_word_counts: None) -> None:
    async with talking(Held("begun")) as scene:
        speakers = Speakers(scene)
        scene.chat.receive("first")
        await scene.has_asked(1)
        await eventually(lambda: scene.chat.texts)
        cough = speakers.begins()
        speakers.ends(cough, "")
        assert scene.conversation.is_answering
        assert not scene.chat.completed
        speakers.says("second")
        await scene.has_completed(2)
        assert scene.chat.completed[1] == "echo second"


def test_a_spoken_question_goes_before_what_was_typed_while_it_was_spoken() -> None:
    async def main() -> None:
        async with talking(room=group("Ada", "Bob"), setting=Setting(Overlap.QUEUE)) as scene:
            speakers = Speakers(scene)
            utterance = speakers.begins("bob")
            await asyncio.sleep(1)
            scene.chat.receive("typed", ADA)
            await asyncio.sleep(1)
            speakers.ends(utterance, "Assistant, spoken")
            await scene.has_completed(2)
            assert ["spoken" in text for text in scene.questions] == [True, False]

    play(main())


def test_what_one_person_says_is_asked_in_order() -> None:
    async def main() -> None:
        async with talking(Held("x"), setting=Setting(Overlap.QUEUE)) as scene:
            speakers = Speakers(scene)
            scene.chat.receive("first")
            await scene.has_asked(1)
            speakers.screen.open.clear()
            for number in range(3):
                speakers.says(f"say {number}")
            await asyncio.sleep(10)
            texts = [question.text for question in scene.conversation.waiting]
            assert texts == ["say 0", "say 1", "say 2"]

    play(main())


@pytest.mark.parametrize(
    ("text", "people", "mention", "answered"),
    [
        ("what is that", ["Ada"], Mention.ALWAYS, True),
        ("what is that", ["Ada", "Bob"], Mention.AUTO, False),
        ("what is that", ["Ada", "Bob"], Mention.NEVER, True),
        ("Assistants, what is that", ["Ada", "Bob"], Mention.AUTO, True),
        ("a sistant what is that", ["Ada", "Bob", "Eve"], Mention.ALWAYS, True),
        ("they resist", ["Ada", "Bob"], Mention.AUTO, False),
    ],
)
async def test_in_a_group_a_spoken_line_must_name_the_agent(
    text: str, people: list[str], mention: Mention, answered: bool
) -> None:
    async with talking(room=group(*people), setting=Setting(mention=mention)) as scene:
        speakers = Speakers(scene)
        speakers.says(text)
        await scene.has_completed(1)
        assert bool(scene.asked) is answered
        assert (MENTION_ME in scene.chat.completed) is not answered
        assert speakers.voice.notes == ["asked" if answered else "dropped"]
        assert speakers.screen.finals == [("ada", text)]


async def test_what_was_said_to_others_is_told_with_the_next_question() -> None:
    async with talking(room=RoomDouble(ADA, BOB)) as scene:
        speakers = Speakers(scene)
        speakers.says("the sky is green", by="bob")
        speakers.says("Assistant, what did Bob say?")
        await scene.has_asked(1)
        assert "the sky is green" in scene.asked[0][-1][1]


async def test_speech_does_not_follow_up_and_ends_the_follow_ups_of_others() -> None:
    async with talking(room=RoomDouble(ADA, BOB, EVE)) as scene:
        speakers = Speakers(scene)
        speakers.says("Assistant, hello")
        await scene.has_completed(1)
        speakers.says("and then")
        await eventually(lambda: scene.notices.counts["notice_mention_me"] == 1)
        scene.chat.receive("typed", ADA)
        await scene.has_asked(2)
        speakers.says("lunch, Ada?", by="bob")
        await eventually(lambda: scene.notices.counts["notice_mention_me"] == 2)
        scene.chat.receive("yes", ADA)
        await eventually(lambda: scene.notices.counts["notice_mention_me"] == 3)
        assert len(scene.asked) == 2


async def test_an_utterance_counts_as_one_message_once_it_is_asked() -> None:
    setting = Setting(limits=Limits(messages_per_minute=2))
    async with talking(room=RoomDouble(ADA, BOB), setting=setting) as scene:
        speakers = Speakers(scene)
        for _ in range(5):
            speakers.says("to Bob")
            assert speakers.spoken.allows("ada")
        speakers.says("Assistant, one")
        scene.chat.receive("two", ADA)
        await eventually(lambda: "asked" in speakers.voice.notes)
        assert not speakers.spoken.allows("ada")
        assert speakers.spoken.allows("bob")
        speakers.says("Assistant, three")
        await eventually(lambda: not speakers.spoken.undecided)
        assert scene.notices.counts["notice_too_many_messages"] == 2
        assert not any("three" in text for text in scene.questions)


async def test_an_utterance_that_is_too_long_is_not_asked() -> None:
    async with talking() as scene:
        speakers = Speakers(scene, max_message_bytes=10)
        speakers.says("ä" * 6)
        await scene.shown(prompts.load("notice_message_too_long"))
        assert not scene.asked
        assert speakers.voice.notes == ["dropped"]


async def test_no_more_utterances_wait_than_messages_may() -> None:
    setting = Setting(Overlap.QUEUE, limits=Limits(waiting=1))
    async with talking(Held("x"), setting=setting) as scene:
        speakers = Speakers(scene)
        scene.chat.receive("first")
        await scene.has_asked(1)
        speakers.says("second")
        speakers.says("third")
        await eventually(lambda: not speakers.spoken.undecided)
        assert [question.text for question in scene.conversation.waiting] == ["second"]
        assert scene.notices.counts["notice_too_many_waiting"] == 1
        assert speakers.voice.notes == ["asked", "dropped"]


@pytest.mark.parametrize("text", ["Stop.", "Assistant, stop", "stop please"])
async def test_stop_alone_stops_the_reply_and_the_voice(text: str, every_word_counts: None) -> None:
    async with talking(Held("begun")) as scene:
        speakers = Speakers(scene)
        scene.chat.receive("hello")
        await scene.begins("begun")
        speakers.says(text)
        await scene.has_completed(1)
        assert scene.chat.completed[0].endswith(STOPPED)
        assert speakers.listener.heard == ["begun!"]
        assert speakers.voice.notes == ["dropped"]
        assert speakers.screen.finals == [("ada", text)]
        assert len(scene.asked) == 1


async def test_stop_in_a_sentence_is_a_question() -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        speakers.says("when does the music stop")
        await scene.shown("echo when does the music stop")


async def test_stop_said_to_somebody_else_is_overheard_without_a_word() -> None:
    held = Held("begun")
    async with talking(held, room=RoomDouble(ADA, BOB)) as scene:
        speakers = Speakers(scene)
        scene.chat.receive("Assistant, hello", ADA)
        await scene.begins("begun")
        speakers.says("stop", by="bob")
        await eventually(lambda: not speakers.spoken.undecided)
        assert not scene.notices.counts
        assert speakers.voice.notes == ["dropped"]
        held.go_on.set()
        await scene.has_completed(1)
        scene.chat.receive("Assistant, what did Bob say?", ADA)
        await scene.has_asked(2)
        assert '"stop"' in scene.asked[1][-1][1]


async def test_who_may_not_stop_and_names_the_agent_is_told() -> None:
    async with talking(Held("begun"), room=RoomDouble(ADA, BOB)) as scene:
        speakers = Speakers(scene)
        scene.chat.receive("Assistant, hello", ADA)
        await scene.begins("begun")
        speakers.says("Assistant, stop", by="bob")
        await eventually(lambda: scene.notices.counts["notice_stop_refused"])
        assert scene.conversation.is_answering
        assert not any(reply.is_over for reply in speakers.listener.replies)


async def test_the_asker_in_a_group_needs_not_name_the_agent_to_stop_it() -> None:
    async with talking(Held("begun"), room=RoomDouble(ADA, BOB)) as scene:
        speakers = Speakers(scene)
        speakers.says("Assistant, hello")
        await scene.begins("begun")
        speakers.says("stop")
        await scene.has_completed(1)
        assert speakers.listener.heard == ["begun!"]


async def test_a_voice_that_still_speaks_when_all_is_written_can_be_stopped_by_its_asker() -> None:
    async with talking(room=RoomDouble(ADA, BOB)) as scene:
        speakers = Speakers(scene)
        speakers.says("Assistant, hello")
        await scene.has_completed(1)
        speakers.says("stop", by="bob")
        await eventually(lambda: not speakers.spoken.undecided)
        assert not speakers.listener.replies[0].is_over
        speakers.says("stop")
        await eventually(lambda: not speakers.spoken.undecided)
        assert speakers.listener.replies[0].is_over


@pytest.mark.parametrize("trouble", Trouble)
def test_who_is_not_understood_is_told_once_a_minute(trouble: Trouble) -> None:
    async def main() -> None:
        async with talking() as scene:
            speakers = Speakers(scene)
            for _ in range(4):
                speakers.says("", trouble=trouble)
                await asyncio.sleep(INTERVAL / 2)
            suffix = "_operator" if trouble is Trouble.REFUSED else ""
            assert scene.chat.completed == [prompts.load(f"notice_not_heard{suffix}")] * 2
            assert not scene.asked

    play(main())


async def test_what_is_understood_despite_the_trouble_is_asked() -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        speakers.says("half of it", trouble=Trouble.SLOW)
        await scene.has_completed(2)
        assert "echo half of it" in scene.chat.completed


async def test_who_finds_no_free_place_for_a_microphone_is_told_to_type() -> None:
    async with talking() as scene:
        Speakers(scene).spoken.refuse_microphone("ada")
        await scene.shown(prompts.load("notice_too_many_microphones"))


async def test_whose_microphone_cannot_be_heard_any_more_is_told_to_type() -> None:
    async with talking() as scene:
        Speakers(scene).spoken.lose_microphone("ada")
        await scene.shown(prompts.load("notice_not_heard"))


async def test_who_leaves_in_the_middle_of_a_sentence_is_answered_by_name() -> None:
    async with talking(Held("x"), room=RoomDouble(BOB)) as scene:
        speakers = Speakers(scene)
        utterance = speakers.begins("bob")
        scene.room.leave("bob")
        speakers.ends(utterance, "I have to go")
        await scene.has_asked(1)
        found = scene.history.find("bob-1", "bob")
        assert found is not None
        assert found[1].name == "Bob"


@pytest.mark.parametrize("when", ["before it is understood", "before it is shown"])
async def test_once_closed_nothing_is_asked_any_more(when: str) -> None:
    async with talking() as scene:
        speakers = Speakers(scene)
        speakers.screen.open.clear()
        utterance = speakers.begins()
        assert speakers.spoken.undecided
        if when == "before it is understood":
            speakers.spoken.close()
            speakers.ends(utterance, "hello")
        else:
            speakers.ends(utterance, "hello")
            await asyncio.sleep(0)
            speakers.spoken.close()
        speakers.screen.open.set()
        speakers.says("more", trouble=Trouble.SLOW)
        speakers.spoken.refuse_microphone("ada")
        speakers.spoken.lose_microphone("ada")
        scene.chat.receive("typed")
        await scene.shown("echo typed")
        assert not speakers.spoken.undecided
        assert not speakers.screen.shown
