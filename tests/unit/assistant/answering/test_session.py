"""Who ends a session."""

from __future__ import annotations

from livekit.agents import CloseEvent

from assistant import LanguageModel, TextAgent, create_session, start_session


async def test_a_session_is_ended_by_its_owner_and_not_by_its_job() -> None:
    model = LanguageModel(model="any", api_key=None, base_url="http://127.0.0.1:9/v1")
    session = create_session(model.for_room())
    closed: list[CloseEvent] = []
    session.on("close", closed.append)
    await start_session(session, TextAgent("Be brief."))
    # A job that ends calls this first of all.
    await session.aclose()
    assert not closed
    await session.end()
    assert len(closed) == 1
    await model.aclose()
