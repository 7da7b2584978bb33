"""How one agent of a room is followed by another, which is told what there is to answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import jwt
import pytest
from livekit import api, rtc
from livekit.agents import AutoSubscribe, JobContext
from livekit.protocol.agent import Job, JobState, JobStatus
from livekit.protocol.models import Room

from chat import ChatMessage
from tests.doubles.livekit import AgentsRoom, LiveKitDouble
from tests.doubles.outgoing import ListenerDouble, OutgoingDouble
from tests.virtual_time import run_in_virtual_time
from worker import hosting
from worker.hosting.occupancy import CALLS
from worker.hosting.occupancy import RPC_METHOD as IS_ALIVE
from worker.rescue.dispatching import JOIN_LIMIT, NOBODY_AFTER, TAKES_OVER
from worker.rescue.listening import Listener
from worker.rescue.requests import Purpose, sign
from worker.rescue.succession import (
    CALL_INTERVAL,
    LISTENING_LIMIT,
    NOT_ALLOWED,
    PASS_ON_LIMIT,
    RETRY_DELAY,
    SETTLING,
    Succession,
    goes_on,
    takes_over,
)

SECRET = "a-secret-of-the-worker-0123456789-abc"
GRACE = 5.0
NAME = "room"
OLD, NEW = "AJ_old", "AJ_new"
SLACK = 1.0
"""Seconds until it is looked at whether somebody comes."""

DUPLICATE = rtc.DisconnectReason.DUPLICATE_IDENTITY


class Side:
    """One agent, with all that its worker has for it."""

    def __init__(self, livekit: LiveKitDouble, job_id: str = OLD) -> None:
        self.livekit = livekit
        self.room = AgentsRoom(NAME)
        self.agent = OutgoingDouble()
        self.listeners: list[ListenerDouble] = []
        self.listener_joins_after = 0.0
        self.job = cast(
            JobContext,
            SimpleNamespace(
                room=self.room,
                # Without a sid its room is not looked for, nor deleted.
                job=Job(id=job_id, room=Room(name=NAME)),
                api=SimpleNamespace(agent_dispatch=livekit),
                connect=_connected,
                _info=SimpleNamespace(accept_arguments=SimpleNamespace(identity="agent")),
            ),
        )
        self.connection: hosting.Connection
        self.succession: Succession

    async def join(self, *, listens: bool = True) -> Succession:
        """Be the agent of the room."""
        self.connection = hosting.Connection(self.job, AutoSubscribe.SUBSCRIBE_NONE)
        await self.connection
        self.succession = Succession(
            self.job, self.agent, self.connection, GRACE, self._listen if listens else None
        )
        self.livekit.enter(self.room)
        return self.succession

    def be_replaced(self, reason: rtc.DisconnectReason.ValueType = DUPLICATE) -> None:
        """Be thrown out, by whoever has joined under the same identity."""
        self.room.connected = False
        self.room.emit("disconnected", reason)

    async def hand_over(self) -> None:
        """Be asked by the worker."""
        job_id = self.job.job.id
        method = Purpose.HAND_OVER.value
        assert await self.room.me.called(method, sign(Purpose.HAND_OVER, job_id)) == ""

    def _listen(self) -> Listener:
        listener = ListenerDouble(self.listener_joins_after)
        self.listeners.append(listener)
        return cast(Listener, listener)


async def _connected(**_: Any) -> None:
    pass


async def find_leaving(livekit: LiveKitDouble) -> bool:
    """Do as a worker that was dispatched: ask whether the agent's place may be taken."""
    answer = await livekit.call(NAME, "agent-assistant", IS_ALIVE, 0.5)
    return answer == "leaving"


async def find_leaving_in_time(livekit: LiveKitDouble) -> bool:
    """Do the same as often as a worker does that gets no answer."""
    for _ in range(CALLS):
        with contextlib.suppress(api.ServerError):
            return await find_leaving(livekit)
    return False


def warnings(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What a succession has warned of, and the errors."""
    of_it = [r for r in caplog.records if r.name == Succession.__module__]
    return [(r.message, vars(r)["error"]) for r in of_it if r.levelname == "WARNING"]


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("URL", "ws://server"), ("API_KEY", "key"), ("API_SECRET", SECRET)):
        monkeypatch.setenv(f"LIVEKIT_{name}", value)


@pytest.fixture
def livekit(monkeypatch: pytest.MonkeyPatch) -> LiveKitDouble:
    livekit = LiveKitDouble()
    monkeypatch.setattr("worker.hosting.room_client.RoomClient", lambda _: livekit)
    return livekit


Scene = Callable[[], Coroutine[Any, Any, None]]


def played(scene: Scene) -> None:
    run_in_virtual_time(scene())


def person_token() -> str:
    grants = api.VideoGrants(room_join=True, room_admin=True, room=NAME)
    return api.AccessToken("key", SECRET).with_identity(OLD).with_grants(grants).to_jwt()


def forged(purpose: Purpose, subject: str) -> str:
    claims = {"purpose": purpose.value, "subject": subject, "content": "", "exp": 1e10}
    return jwt.encode(claims, "a-secret-of-somebody-else-0123456789", algorithm="HS256")


@pytest.mark.parametrize(
    ("purpose", "subject", "other"),
    [(Purpose.HAND_OVER, OLD, Purpose.TAKE_OVER), (Purpose.TAKE_OVER, NAME, Purpose.HAND_OVER)],
)
def test_only_who_has_the_workers_key_can_ask(
    livekit: LiveKitDouble, purpose: Purpose, subject: str, other: Purpose
) -> None:
    async def scene() -> None:
        side = Side(livekit)
        await side.join()
        for payload in (
            "",
            "a.0.1.bGVmdA==",
            person_token(),
            forged(purpose, subject),
            sign(purpose, "another"),
            sign(other, subject),
        ):
            with pytest.raises(rtc.RpcError) as refused:
                await side.room.me.called(purpose.value, payload)
            assert refused.value.code == NOT_ALLOWED
        await asyncio.sleep(GRACE)
        assert (side.agent.did, side.agent.took_over, livekit.requests) == ([], [], [])
        await side.succession.aclose()

    played(scene)


@pytest.mark.parametrize(
    "left", ["", "{}", "ü", "word " * 1_500, "word " * 20_000, "😀\0" * 32_000]
)
def test_what_is_left_arrives_whole_whatever_its_size(livekit: LiveKitDouble, left: str) -> None:
    async def scene() -> None:
        old, new = Side(livekit), Side(livekit, NEW)
        await old.join()
        old.agent.left = left
        await new.join()
        old.be_replaced()
        await old.succession.aclose()
        assert new.agent.took_over == [left]
        await new.succession.aclose()

    played(scene)


def test_what_was_heard_when_neither_was_there_is_told_once_it_can_be_no_more(
    livekit: LiveKitDouble,
) -> None:
    async def scene() -> None:
        old, new = Side(livekit), Side(livekit, NEW)
        await old.join()
        await old.hand_over()
        await asyncio.sleep(0.1)
        await find_leaving(livekit)
        (listener,) = old.listeners
        listener.heard.append(ChatMessage(message="one"))
        await new.join()
        old.be_replaced()
        # It was on its way when the next agent had come already.
        await asyncio.sleep(SETTLING - 0.05)
        assert new.agent.took_over == ["left"]
        listener.heard.append(ChatMessage(message="two"))
        await old.succession.aclose()
        assert new.agent.took_over == ["left", "missed: one, two"]
        assert listener.closed
        await new.succession.aclose()

    played(scene)


def test_the_next_agent_is_told_again_until_it_listens(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        old, new = Side(livekit), Side(livekit, NEW)
        await old.join()
        livekit.leave(old.room)
        old.be_replaced()
        # At first the server knows nobody, then somebody whose methods are not registered.
        await asyncio.sleep(1)
        livekit.enter(new.room)
        await asyncio.sleep(1)
        await new.join()
        await old.succession.aclose()
        assert new.agent.took_over == ["left"]
        times = [call.at for call in livekit.calls]
        assert times[-1] == pytest.approx(2, abs=1.5 * CALL_INTERVAL)
        assert len(times) == pytest.approx(2 / CALL_INTERVAL, abs=2)
        await new.succession.aclose()

    played(scene)


def test_a_connection_that_breaks_meanwhile_loses_nothing(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        old, new = Side(livekit), Side(livekit, NEW)
        await old.join()
        await new.join()
        livekit.failure = aiohttp.ClientConnectionError()
        old.be_replaced()
        await asyncio.sleep(1)
        livekit.failure = None
        await old.succession.aclose()
        assert new.agent.took_over == ["left"]
        await new.succession.aclose()

    played(scene)


def test_an_agent_that_never_listens_does_not_keep_the_job_from_ending(
    livekit: LiveKitDouble, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        old = Side(livekit)
        await old.join()
        livekit.leave(old.room)
        old.be_replaced()
        await old.succession.aclose()
        assert now() == pytest.approx(PASS_ON_LIMIT)

    played(scene)
    assert warnings(caplog) == [("could not hand over what is to be answered", "TimeoutError")]


@pytest.mark.parametrize(
    ("listens", "reason"),
    [
        pytest.param(False, DUPLICATE, id="the server must not know"),
        pytest.param(True, rtc.DisconnectReason.ROOM_DELETED, id="the room is gone"),
        pytest.param(True, rtc.DisconnectReason.PARTICIPANT_REMOVED, id="it was removed"),
    ],
)
def test_else_nothing_is_told(
    livekit: LiveKitDouble, reason: rtc.DisconnectReason.ValueType, *, listens: bool
) -> None:
    async def scene() -> None:
        old, new = Side(livekit), Side(livekit, NEW)
        await old.join(listens=listens)
        await new.join()
        old.be_replaced(reason)
        await asyncio.sleep(PASS_ON_LIMIT)
        await old.succession.aclose()
        assert (livekit.calls, new.agent.took_over) == ([], [])
        await new.succession.aclose()

    played(scene)


def test_a_room_that_was_taken_is_offered_no_more(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        old = Side(livekit)
        await old.join(listens=False)
        await old.hand_over()
        await asyncio.sleep(0.1)
        assert await find_leaving(livekit)
        old.be_replaced()
        await asyncio.sleep(3 * RETRY_DELAY)
        ((_, request),) = livekit.requests
        assert request.attributes[TAKES_OVER] == "true"
        assert (livekit.deleted, old.agent.did) == ([], ["rest"])
        await old.succession.aclose()

    played(scene)


def test_a_room_that_nobody_took_is_answered_and_offered_again(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        side = Side(livekit)
        await side.join()
        await side.hand_over()
        await asyncio.sleep(NOBODY_AFTER + SLACK)
        assert side.agent.did == ["rest", "go on"]
        assert not await find_leaving(livekit)
        assert side.listeners == []
        await asyncio.sleep(RETRY_DELAY)
        assert side.agent.did == ["rest", "go on", "rest"]
        assert await find_leaving(livekit)
        (went_on, _), (again, _) = side.agent.steps[1:]
        assert again - went_on == pytest.approx(RETRY_DELAY)
        await side.succession.aclose()

    played(scene)


def test_who_said_to_come_and_did_not_is_listened_for_no_more(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        side = Side(livekit)
        await side.join()
        await side.hand_over()
        for tries in (1, 2):
            await asyncio.sleep(SLACK / 2)
            assert await find_leaving(livekit)
            # It asks again before it joins, and one listener is enough.
            assert await find_leaving(livekit)
            assert len(side.listeners) == tries
            assert not side.listeners[-1].closed
            await asyncio.sleep(JOIN_LIMIT + SLACK)
            assert side.agent.did[-1] == "go on"
            assert side.listeners[-1].closed
            await asyncio.sleep(RETRY_DELAY - SLACK)
        await side.succession.aclose()

    played(scene)


@pytest.mark.parametrize(
    "failure", [api.ServerError("unavailable", "", status=503), TimeoutError()]
)
def test_a_server_that_does_not_answer_is_asked_again(
    livekit: LiveKitDouble, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        side = Side(livekit)
        await side.join()
        livekit.failure = failure
        await side.hand_over()
        await asyncio.sleep(SLACK)
        assert side.agent.did == ["rest", "go on"]
        assert not side.connection.is_leaving
        livekit.failure = None
        await asyncio.sleep(RETRY_DELAY)
        assert await find_leaving(livekit)
        assert [at for at, _ in livekit.requests] == pytest.approx([0, RETRY_DELAY], abs=0.1)
        await side.succession.aclose()

    played(scene)
    assert warnings(caplog) == [("could not ask for another worker", type(failure).__name__)]


def test_one_that_is_asked_twice_hands_over_once(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        side = Side(livekit)
        await side.join()
        await side.hand_over()
        await side.hand_over()
        await asyncio.sleep(1)
        await side.hand_over()
        await asyncio.sleep(0.1)
        assert len(livekit.requests) == 1
        assert side.agent.did == ["rest"]
        await side.succession.aclose()

    played(scene)


@pytest.mark.parametrize(
    ("joins_after", "waits"),
    [(0.0, 0.0), (0.1, 0.1), (0.8, 0.8), (3600.0, LISTENING_LIMIT)],
)
def test_the_next_agent_waits_for_the_listener_but_not_for_long(
    livekit: LiveKitDouble, joins_after: float, waits: float
) -> None:
    async def scene() -> None:
        side = Side(livekit)
        side.listener_joins_after = joins_after
        await side.join()
        await side.hand_over()
        await asyncio.sleep(0.1)
        began = now()
        assert await find_leaving_in_time(livekit)
        assert now() - began == pytest.approx(waits)
        assert not side.listeners[0].closed
        await side.succession.aclose()
        assert side.listeners[0].closed

    played(scene)


@pytest.mark.parametrize("reply", [0.0, GRACE - 0.1])
def test_a_reply_is_completed_before_anybody_is_asked_for(
    livekit: LiveKitDouble, reply: float
) -> None:
    async def scene() -> None:
        side = Side(livekit)
        side.agent.reply_ends = reply
        await side.join()
        await side.hand_over()
        await asyncio.sleep(reply + 0.1)
        assert [at for at, _ in livekit.requests] == [pytest.approx(reply)]
        assert await find_leaving(livekit)
        assert side.agent.did == ["rest"]
        await side.succession.aclose()

    played(scene)


def test_a_reply_that_outlasts_the_grace_is_given_up_when_somebody_comes(
    livekit: LiveKitDouble,
) -> None:
    async def scene() -> None:
        side = Side(livekit)
        side.agent.reply_ends = 60.0
        await side.join()
        await side.hand_over()
        await asyncio.sleep(GRACE + 0.5)
        assert [at for at, _ in livekit.requests] == [pytest.approx(GRACE)]
        assert side.agent.did == ["rest"]
        assert await find_leaving(livekit)
        assert side.agent.did == ["rest", "make way"]
        await side.succession.aclose()

    played(scene)


def test_a_reply_that_outlasts_the_grace_goes_on_if_nobody_comes(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        side = Side(livekit)
        side.agent.reply_ends = 60.0
        await side.join()
        await side.hand_over()
        await asyncio.sleep(GRACE + NOBODY_AFTER + SLACK)
        assert side.agent.did == ["rest", "go on"]
        await side.succession.aclose()

    played(scene)


def test_a_worker_that_asked_may_take_its_time_to_join(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        side = Side(livekit)
        await side.join()
        await side.hand_over()
        await asyncio.sleep(0.1)
        assert await find_leaving(livekit)
        await asyncio.sleep(JOIN_LIMIT - 0.5)
        assert await find_leaving(livekit)
        assert side.agent.did == ["rest"]
        # The first one came, but did not join; who came once need not come again.
        await asyncio.sleep(RETRY_DELAY + 2 * SLACK)
        began = livekit.requests[1][0]
        await asyncio.sleep(began + NOBODY_AFTER + SLACK - now())
        assert side.agent.did == ["rest", "go on", "rest", "go on"]
        await side.succession.aclose()

    played(scene)


def test_a_job_of_the_next_agent_that_failed_is_not_waited_for(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        side = Side(livekit)
        await side.join()
        await side.hand_over()
        await asyncio.sleep(0.1)
        assert await find_leaving(livekit)
        livekit.listed[0].state.jobs.append(Job(state=JobState(status=JobStatus.JS_FAILED)))
        await asyncio.sleep(NOBODY_AFTER + SLACK)
        assert side.agent.did == ["rest", "go on"]
        assert [dispatch for _, dispatch in livekit.deleted] == ["AD_next_1"]
        await side.succession.aclose()

    played(scene)


def test_at_its_end_nothing_is_registered_or_offered_any_more(livekit: LiveKitDouble) -> None:
    async def scene() -> None:
        side = Side(livekit)
        await side.join()
        before = list(side.room.listeners)
        purposes = {purpose.value for purpose in Purpose}
        assert purposes <= side.room.me.rpc_methods
        await side.hand_over()
        await asyncio.sleep(0.1)
        await side.succession.aclose()
        assert not purposes & side.room.me.rpc_methods
        assert len(before) - len(side.room.listeners) == 1
        await asyncio.sleep(3 * RETRY_DELAY)
        # The next agent may still come: the dispatch stays.
        assert (len(livekit.requests), livekit.deleted) == (1, [])
        side.be_replaced()
        await asyncio.sleep(1)
        assert livekit.calls == []

    played(scene)


def test_what_an_agent_before_was_goes_on_in_jobs_that_came_of_it() -> None:
    def job(job_id: str, **attributes: str) -> JobContext:
        return cast(JobContext, SimpleNamespace(job=Job(id=job_id, attributes=attributes)))

    first, rescue = job("AJ_1", shop="1"), job("rescue-1")
    taking_over = job("AJ_2", **{TAKES_OVER: "true"})
    assert [takes_over(each) for each in (first, rescue, taking_over)] == [False, False, True]
    assert [goes_on(each) for each in (first, rescue, taking_over)] == [False, True, True]
