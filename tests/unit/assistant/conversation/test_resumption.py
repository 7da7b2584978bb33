"""Another process goes on: what it knows, what it completes, and what it leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

import prompts
from assistant.conversation.away import time_away
from assistant.conversation.greeting import Greeting
from assistant.memory.kept import KeptQuestion, KeptReply, KeptTurn
from assistant.turns.overlap import Overlap
from assistant.turns.turn import Outcome
from chat import ChatMessage
from tests.doubles.memory import ConversationDouble, MemoryDouble
from tests.unit.assistant.doubles import ADA, BOB, EVE, ROBOT, Held, RoomDouble, saying
from tests.unit.assistant.remembering import Life, had, rows
from tests.unit.assistant.scene import Setting, group, play
from tests.waiting import eventually

INTERRUPTED = prompts.load("notice_interrupted")
CANARY = "canary"


async def died(life: Life, question: str, *shown: str) -> ChatMessage:
    """Let an agent begin an answer of which this is shown, and die in the middle of it."""
    async with life.agent(Held(*shown)) as scene:
        asked = scene.chat.receive(question)
        if shown:
            await scene.begins(*scene.chat.completed, "".join(shown))
        else:
            await scene.has_asked(1)
        await asyncio.sleep(1.5)
    return asked


def test_the_llm_is_told_what_a_former_process_heard() -> None:
    async def scene() -> None:
        life = Life()
        await had(life, "one", "two")
        async with life.agent() as scene:
            scene.chat.receive("three")
            await scene.has_completed(3)
            assert scene.told == ["one", "echo one", "two", "echo two", "three"]

    play(scene())


def test_a_half_reply_is_completed_in_its_bubble_and_stays_until_the_new_one_begins() -> None:
    async def scene() -> None:
        life, again = Life(), Held(then=("another answer",))
        await had(life, "zero")
        await died(life, "one", "half an")
        async with life.agent(again) as scene:
            await eventually(again.started)
            await scene.begins("echo zero", "half an")
            again.go_on.set()
            await scene.shown("echo zero", "another answer")
            assert scene.told == ["zero", "echo zero", "one"]
            await asyncio.sleep(30.0)
            await scene.answering.delivered()
            assert len(scene.asked) == 1
        assert [(turn.outcome, turn.reply and turn.reply.delivered) for turn in rows(life)] == [
            (Outcome.DONE, True),
            (Outcome.DONE, True),
        ]

    play(scene())


def test_a_question_that_was_begun_and_of_which_nothing_was_shown_is_answered() -> None:
    async def scene() -> None:
        life = Life()
        await died(life, "one")
        async with life.agent() as scene:
            await scene.shown("echo one")

    play(scene())


def test_a_half_reply_stays_with_a_line_if_the_new_attempt_fails() -> None:
    async def scene() -> None:
        life = Life()
        await died(life, "one", "half an")
        async with life.agent(saying("")) as scene:
            await scene.shown(f"half an\n\n{prompts.load('notice_no_answer')}")

    play(scene())


@pytest.mark.parametrize("shown", [("half",), ()])
def test_what_ended_two_processes_is_not_tried_again(shown: tuple[str, ...]) -> None:
    async def scene() -> None:
        life = Life()
        await died(life, "one", *shown)
        async with life.agent(Held()) as scene:
            await scene.has_asked(1)
        async with life.agent() as scene:
            partial = "half\n\n" if shown else ""
            await scene.shown(f"{partial}{INTERRUPTED}")
            assert scene.asked == []
            scene.chat.receive("two")
            await scene.has_completed(2)
            assert "one" in scene.told[0]
        async with life.agent() as scene:
            await asyncio.sleep(10.0)
            assert scene.asked == []
        assert rows(life)[0].outcome is Outcome.FAILED

    play(scene())


@pytest.mark.parametrize("why", ["old", "asker gone"])
def test_a_half_reply_that_nobody_waits_for_any_more_gets_a_line(why: str) -> None:
    async def scene() -> None:
        life = Life(RoomDouble(ADA, BOB, ROBOT), Setting(overlap=Overlap.COLLECT))
        async with life.agent(Held("half")) as scene:
            scene.chat.receive("Assistant, one")
            await scene.begins("half")
            await asyncio.sleep(1.5)
        if why == "old":
            await asyncio.sleep(301.0)
        else:
            life.room.leave("ada")
        async with life.agent() as scene:
            await asyncio.sleep(10.0)
            await scene.shown(f"half\n\n{INTERRUPTED}")
            assert scene.asked == []
        assert rows(life)[0].outcome is Outcome.SHUT_DOWN

    play(scene())


def test_who_is_announced_a_little_later_is_answered() -> None:
    async def scene() -> None:
        life = Life(RoomDouble(ADA, BOB))
        async with life.agent(Held("half")) as scene:
            scene.chat.receive("Assistant, one")
            await scene.begins("half")
            scene.chat.receive("Assistant, two")
            await asyncio.sleep(1.5)
        life.room.leave("ada")
        async with life.agent() as scene:
            await asyncio.sleep(3.0)
            assert scene.asked == []
            scene.room.announce(ADA)
            await scene.has_completed(2)
            assert scene.chat.completed == ["echo Assistant, one", "echo Assistant, two"]

    play(scene())


def test_a_final_text_that_was_not_delivered_is_sent_again_without_the_llm() -> None:
    async def scene() -> None:
        life = Life()
        async with life.agent(saying("an answer")) as scene:
            await asyncio.sleep(1.0)
            scene.chat.open.clear()
            scene.chat.receive("one")
            await eventually(lambda: rows(life) and rows(life)[0].outcome is Outcome.DONE)
        assert life.chat.writes == []
        life.chat.open.set()
        async with life.agent() as scene:
            await scene.shown("an answer")
            await scene.answering.delivered()
            await asyncio.sleep(1.0)
            assert scene.asked == []
        (turn,) = rows(life)
        assert turn.reply is not None
        assert turn.reply.delivered
        assert list(life.chat.bubbles) == [turn.reply.message_id]

    play(scene())


def test_questions_that_nobody_began_to_answer_are_answered_after_the_half_reply() -> None:
    async def scene() -> None:
        life = Life(setting=Setting(overlap=Overlap.QUEUE))
        async with life.agent(Held("half")) as scene:
            scene.chat.receive("one")
            await scene.begins("half")
            for text in ("two", "three"):
                scene.chat.receive(text)
            await asyncio.sleep(1.5)
        async with life.agent() as scene:
            await scene.shown("echo one", "echo two", "echo three")

    play(scene())


@pytest.mark.parametrize("why", ["old", "asker gone"])
def test_a_question_that_nobody_waits_for_any_more_is_only_remembered(why: str) -> None:
    async def scene() -> None:
        life = Life(RoomDouble(BOB, ROBOT))
        asked_at = -400.0 if why == "old" else 0.0
        author = "bob" if why == "old" else "ada"
        question = KeptQuestion(author, "1", author, "what?", asked_at)
        kept = ConversationDouble(questions={(author, "1"): (question, "RM_one")})
        life.store.conversations.append(kept)
        life.store.by_sid["RM_one"] = kept
        for _ in range(2):
            async with life.agent() as scene:
                await asyncio.sleep(10.0)
                assert scene.asked == []
                (turn,) = rows(life)
                assert turn.outcome is Outcome.SHUT_DOWN
                assert kept.questions_of(turn.id)
        async with life.agent() as scene:
            scene.chat.receive("and?", BOB)
            await scene.has_completed(1)
            assert "what?" in scene.told[0]

    play(scene())


def test_late_questions_are_looked_for_once_and_those_that_are_known_are_not_asked_twice() -> None:
    async def scene() -> None:
        life = Life()
        await had(life, "one")
        memory = MemoryDouble(life.store)
        async with life.agent(memory=memory) as scene:
            known = scene.chat.receive("two")
            await scene.has_completed(2)
            memory.late = [
                KeptQuestion("ada", known.id, "ada", "two", 0.0),
                KeptQuestion("ada", "late", "ada", "three", 0.0),
            ]
            await scene.shown("echo one", "echo two", "echo three")
            await asyncio.sleep(60.0)
            assert memory.calls.count("late_questions") == 1

    play(scene())


def test_an_edit_within_five_minutes_is_answered_anew_and_a_later_one_is_only_known() -> None:
    async def scene() -> None:
        life = Life()
        (asked,) = await had(life, "one")
        async with life.agent() as scene:
            await asyncio.sleep(200.0)
            scene.chat.edit(asked, "two")
            await scene.shown("echo two")
            await scene.answering.delivered()
        await asyncio.sleep(301.0)
        async with life.agent() as scene:
            await asyncio.sleep(1.0)
            scene.chat.edit(asked, "three")
            await asyncio.sleep(10.0)
            assert scene.asked == []
            await scene.shown("echo two")
            scene.chat.receive("four")
            await scene.has_completed(2)
            assert scene.told[0] == "three"
        ((question, _),) = [
            row for row in life.store.only.questions.values() if row[0].id == asked.id
        ]
        assert question.text == "three"

    play(scene())


def test_what_was_asked_days_ago_can_be_deleted() -> None:
    async def scene() -> None:
        life = Life()
        first, second = await had(life, f"{CANARY} one", "two")
        await asyncio.sleep(3 * 86_400.0)
        async with life.agent() as scene:
            await asyncio.sleep(1.0)
            for asked in (first, second):
                scene.chat.delete(asked)
            await eventually(lambda: len(scene.chat.texts) == 1)
            scene.chat.receive("three")
            await scene.has_completed(2)
            assert scene.told == ["three"]
        assert CANARY not in str(life.store.only.questions) + str(life.store.only.turns)

    play(scene())


def test_a_reply_that_was_being_taken_back_is_taken_back() -> None:
    async def scene() -> None:
        life = Life()
        async with life.agent(Held("half")) as scene:
            asked = scene.chat.receive("one")
            await scene.begins("half")
            scene.chat.open.clear()
            scene.chat.delete(asked)
            await asyncio.sleep(1.0)
        assert life.chat.texts == ["half"]
        assert "half" not in str(life.store.only.turns)
        life.chat.open.set()
        async with life.agent() as scene:
            await eventually(lambda: not scene.chat.texts)
            await scene.answering.delivered()
            assert scene.asked == []
        assert rows(life) == []

    play(scene())


def test_somebody_elses_message_is_not_deleted() -> None:
    async def scene() -> None:
        life = Life(group("Ada", "Bob"))
        (asked,) = await had(life, "Assistant, one")
        async with life.agent() as scene:
            await asyncio.sleep(1.0)
            scene.chat.delete(replace(asked, participant=None, participant_identity="bob"))
            await asyncio.sleep(1.0)
        assert len(rows(life)) == len(life.store.only.questions) == 1

    play(scene())


class TestInAnotherOpening:
    """The room was closed, and is open again."""

    @staticmethod
    async def reopened(life: Life) -> None:
        await had(life, CANARY)
        life.room.room_sid = "RM_two"

    def test_a_member_goes_on_where_they_were(self) -> None:
        async def scene() -> None:
            life = Life()
            await self.reopened(life)
            async with life.agent() as scene:
                scene.chat.receive("two")
                await scene.has_completed(2)
                assert scene.told == [CANARY, f"echo {CANARY}", "two"]

        play(scene())

    def test_strangers_have_a_conversation_of_their_own(self) -> None:
        async def scene() -> None:
            life = Life()
            await self.reopened(life)
            life.room.leave("ada")
            life.room.announce(EVE)
            async with life.agent() as scene:
                scene.chat.receive("two", EVE)
                await scene.has_completed(2)
                assert scene.told == ["two"]
            assert len(life.store.conversations) == 2

        play(scene())

    @pytest.mark.parametrize("way", ["is there", "writes"])
    def test_the_llm_is_told_nothing_old_while_a_stranger_is_there(self, way: str) -> None:
        async def scene() -> None:
            life = Life(setting=Setting(overlap=Overlap.QUEUE))
            await self.reopened(life)
            async with life.agent() as scene:
                scene.chat.receive("two")
                await scene.has_completed(2)
                if way == "is there":
                    scene.room.announce(EVE)
                    scene.chat.receive("Assistant, three")
                else:
                    scene.chat.receive("Assistant, three", by="eve")
                    await scene.has_asked(2)
                    scene.room.announce(EVE)
                await scene.has_completed(3)
                assert CANARY not in str(scene.asked[-1])
                assert "two" in str(scene.asked[-1])
                scene.room.leave("eve")
                if way == "is there":
                    scene.chat.receive("four")
                    await scene.has_completed(4)
                    assert CANARY in str(scene.asked[-1])

        play(scene())

    def test_who_joined_later_is_not_told_what_was_before_when_they_are_alone(self) -> None:
        async def scene() -> None:
            life = Life(setting=Setting(overlap=Overlap.QUEUE))
            await self.reopened(life)
            async with life.agent() as scene:
                scene.chat.receive("two")
                await scene.has_completed(2)
                scene.room.announce(EVE)
                scene.chat.receive("Assistant, three", by="eve")
                await scene.has_completed(3)
            life.room.room_sid = "RM_three"
            life.room.leave("ada")
            async with life.agent() as scene:
                scene.chat.receive("Assistant, four", by="eve")
                await scene.has_completed(4)
                assert "two" in str(scene.asked[-1])
                assert CANARY not in str(scene.asked[-1])
            assert len(life.store.conversations) == 1

        play(scene())

    def test_what_was_left_then_is_left_for_good(self) -> None:
        async def scene() -> None:
            life = Life()
            await died(life, "one", "half")
            life.room.room_sid = "RM_two"
            writes = len(life.chat.writes)
            async with life.agent() as scene:
                await asyncio.sleep(10.0)
                assert scene.asked == []
                assert len(scene.chat.writes) == writes
            assert rows(life)[0].outcome is Outcome.SHUT_DOWN

        play(scene())


@pytest.mark.parametrize(
    ("ago", "line"), [(None, ""), (0.9, ""), (6.2, "about 7 seconds"), (600.0, "about 10 minutes")]
)
def test_people_are_told_if_they_may_have_written_to_nobody(ago: float | None, line: str) -> None:
    async def scene() -> None:
        await asyncio.sleep(10_000.0)
        life = Life()
        await had(life, "one")
        memory = MemoryDouble(life.store)
        memory.away_since = None if ago is None else asyncio.get_running_loop().time() - ago
        async with life.agent(memory=memory) as scene:
            await asyncio.sleep(10.0)
            told = [prompts.fill("notice_away", time=line)] if line else []
            await scene.shown("echo one", *told)

    play(scene())


def test_nobody_is_told_so_in_an_empty_room() -> None:
    async def scene() -> None:
        life = Life()
        await had(life, "one")
        life.room.leave("ada")
        memory = MemoryDouble(life.store)
        memory.away_since = -60.0
        async with life.agent(memory=memory) as scene:
            await asyncio.sleep(10.0)
            scene.room.announce(ADA)
            scene.room.activate("ada")
            await asyncio.sleep(10.0)
            await scene.shown("echo one")

    play(scene())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "a moment"),
        (1.1, "about 2 seconds"),
        (90.0, "about 90 seconds"),
        (100.0, "about 2 minutes"),
        (86_400.0, "a long time"),
    ],
)
def test_the_time_is_put_in_words(seconds: float | None, words: str) -> None:
    assert time_away(seconds) == words


def test_a_conversation_that_goes_on_is_not_greeted_again() -> None:
    async def scene() -> None:
        life = Life()
        for _ in range(3):
            memory = MemoryDouble(life.store)
            memory.latency = 1.0
            async with life.agent(memory=memory) as scene:
                greeting = Greeting(
                    scene.chat.manager, scene.people, scene.conversation, scene.parts.journal
                )
                greeting.begin("Hello!")
                await asyncio.sleep(10.0)
                await scene.shown("Hello!")

    play(scene())


def test_what_is_remembered_late_comes_before_what_was_said_meanwhile() -> None:
    async def scene() -> None:
        life = Life()
        await had(life, "one")
        memory = MemoryDouble(life.store)
        memory.latency = 2.0
        async with life.agent(memory=memory) as scene:
            scene.chat.receive("two")
            await scene.has_completed(2)
            assert scene.told == ["two"]
            await asyncio.sleep(3.0)
            scene.chat.receive("three")
            await scene.has_completed(3)
            assert scene.told == ["one", "echo one", "two", "echo two", "three"]
            await asyncio.sleep(10.0)
        assert len(rows(life)) == 3

    play(scene())


def test_what_another_agent_was_told_of_is_not_asked_twice() -> None:
    async def scene() -> None:
        life = Life()
        question = KeptQuestion("ada", "1", "ada", "what?", 0.0)
        kept = ConversationDouble(questions={("ada", "1"): (question, "RM_one")})
        life.store.conversations.append(kept)
        life.store.by_sid["RM_one"] = kept
        memory = MemoryDouble(life.store)
        memory.latency = 0.5
        async with life.agent(memory=memory) as scene:
            scene.chat.receive("what?", id="1")
            await asyncio.sleep(10.0)
            await scene.shown("echo what?")
            assert len(scene.asked) == 1

    play(scene())


def test_a_turn_that_was_to_give_its_bubble_to_another_is_answered_once() -> None:
    async def scene() -> None:
        life = Life()
        reply = KeptReply("bubble", "ha", "")
        questions = {
            ("ada", "1"): (KeptQuestion("ada", "1", "ada", "one", 0.0, "old"), "RM_one"),
            ("ada", "2"): (KeptQuestion("ada", "2", "ada", "two", 0.1, "new"), "RM_one"),
        }
        turns = {
            "old": (KeptTurn("old", 0.0, attempts=1, reply=reply), "RM_one"),
            "new": (KeptTurn("new", 0.1, attempts=1, reply=reply), "RM_one"),
        }
        kept = ConversationDouble(turns, questions)
        life.store.conversations.append(kept)
        life.store.by_sid["RM_one"] = kept
        async with life.agent() as scene:
            await scene.shown("echo one\ntwo")
            assert list(scene.chat.bubbles) == ["bubble"]

    play(scene())


def test_who_stops_it_before_it_is_taken_up_has_the_half_reply_as_it_was() -> None:
    async def scene() -> None:
        life = Life()
        await died(life, "one", "half")
        async with life.agent(Held()) as scene:
            await asyncio.sleep(0)
            scene.chat.receive("/stop")
            await scene.has_completed(1)
            assert scene.chat.completed == [f"half\n\n{prompts.load('notice_stopped')}"]

    play(scene())


def remembered_in(life: Life, seconds: float) -> MemoryDouble:
    """A memory that takes so long to answer."""
    memory = MemoryDouble(life.store)
    memory.latency = seconds
    return memory


class TestBeforeItIsRemembered:
    """What people do while it is being found out what was said before."""

    def test_what_was_answered_and_is_sent_again_is_not_answered_again(self) -> None:
        async def scene() -> None:
            life = Life()
            (asked,) = await had(life, "one")
            async with life.agent(memory=remembered_in(life, 0.1)) as scene:
                scene.chat.receive("one", id=asked.id)
                await asyncio.sleep(10.0)
                assert scene.asked == []
            ((question, _),) = life.store.only.questions.values()
            assert question.turn_id == rows(life)[0].id

        play(scene())

    @pytest.mark.parametrize("seconds", [0.1, 0.5])
    def test_what_was_being_answered_and_is_sent_again_is_answered_once(
        self, seconds: float
    ) -> None:
        async def scene() -> None:
            life = Life()
            asked = await died(life, "one", "half")
            async with life.agent(memory=remembered_in(life, seconds)) as scene:
                scene.chat.receive("one", id=asked.id)
                await asyncio.sleep(10.0)
                await scene.shown("echo one")
                assert len(scene.asked) == 1
            assert len(rows(life)) == 1

        play(scene())

    def test_a_deleted_message_is_forgotten_and_so_is_its_answer(self) -> None:
        async def scene() -> None:
            life = Life()
            (asked,) = await had(life, CANARY)
            async with life.agent(memory=remembered_in(life, 0.1)) as scene:
                scene.chat.delete(asked)
                await asyncio.sleep(10.0)
                await scene.shown()
                scene.chat.receive("two")
                await scene.has_completed(1)
                assert scene.told == ["two"]
            assert CANARY not in str(life.store.only)

        play(scene())

    def test_a_deleted_question_takes_its_half_reply_with_it(self) -> None:
        async def scene() -> None:
            life = Life(group("Ada"))
            asked = await died(life, "one", "half")
            late = KeptQuestion("bob", "9", "Bob", "two", 1.0)
            life.store.only.questions["bob", "9"] = (late, "RM_one")
            async with life.agent(memory=remembered_in(life, 0.1)) as scene:
                scene.chat.delete(asked)
                await asyncio.sleep(1.0)
                await scene.shown()
                assert scene.asked == []

        play(scene())

    def test_an_edited_message_is_answered_anew(self) -> None:
        async def scene() -> None:
            life = Life()
            (asked,) = await had(life, "one")
            async with life.agent(memory=remembered_in(life, 0.1)) as scene:
                scene.chat.edit(asked, "two")
                await asyncio.sleep(10.0)
                await scene.shown("echo two")
            ((question, _),) = life.store.only.questions.values()
            assert question.text == "two"

        play(scene())


def test_a_message_that_is_out_of_the_history_can_be_deleted() -> None:
    async def scene() -> None:
        life = Life()
        (asked,) = await had(life, CANARY)
        async with life.agent() as scene:
            await asyncio.sleep(1.0)
            scene.history.remove(scene.history.last or pytest.fail("nothing is remembered"))
            scene.chat.delete(asked)
            await asyncio.sleep(1.0)
        assert life.store.only.questions == {}

    play(scene())


def test_who_stops_an_answer_before_it_is_given_anew_keeps_the_one_that_is_there() -> None:
    async def scene() -> None:
        life = Life()
        (asked,) = await had(life, "one")
        async with life.agent() as scene:
            await asyncio.sleep(1.0)
            scene.chat.edit(asked, "two")
            scene.chat.receive("/stop")
            await asyncio.sleep(10.0)
            assert scene.chat.texts[0] == "echo one"
            assert scene.asked == []
        assert [turn.outcome for turn in rows(life)] == [Outcome.DONE]

    play(scene())


def test_what_a_former_agent_says_it_answered_stays_in_the_history() -> None:
    async def scene() -> None:
        life = Life()
        (asked,) = await had(life, "one")
        async with life.agent() as scene:
            await asyncio.sleep(1.0)
            scene.conversation.note_answered(asked.id, "ada")
            await scene.shown("echo one")
        assert len(rows(life)) == len(life.store.only.questions) == 1

    play(scene())


def test_who_wrote_to_nobody_first_is_told_so() -> None:
    async def scene() -> None:
        life = Life()
        async with life.agent(rescued=True) as scene:
            await asyncio.sleep(10.0)
            await scene.shown(prompts.fill("notice_away", time="a moment"))

    play(scene())
