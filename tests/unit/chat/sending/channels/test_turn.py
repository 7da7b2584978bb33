"""One at a time, in the order of asking."""

from __future__ import annotations

import asyncio

from chat.sending.channels import Turn


async def test_who_asked_first_has_the_turn_until_it_is_given_back() -> None:
    turn = Turn()
    for who in ("ada", "bob", "ada", "cid"):
        turn.request(who)
    assert [turn.has(who) for who in ("ada", "bob", "cid")] == [True, False, False]
    waiting = asyncio.ensure_future(turn.wait("cid"))
    await turn.wait("ada")
    turn.release("bob")
    turn.release("nobody")
    assert not waiting.done()
    turn.release("ada")
    await waiting
    assert turn.has("cid")


async def test_who_gives_it_back_waits_anew() -> None:
    turn = Turn()
    turn.request("ada")
    turn.request("bob")
    turn.release("ada")
    waiting = asyncio.ensure_future(turn.wait("ada"))
    await asyncio.sleep(0)
    assert not waiting.done()
    turn.release("bob")
    await waiting


async def test_whose_wait_is_cancelled_can_leave_the_queue() -> None:
    turn = Turn()
    turn.request("ada")
    waiting = asyncio.ensure_future(turn.wait("bob"))
    await asyncio.sleep(0)
    waiting.cancel()
    turn.release("bob")
    turn.release("ada")
    turn.request("cid")
    assert turn.has("cid")
