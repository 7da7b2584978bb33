"""Checks the author while the LLM generates: people must be able to see the answer, agents get none."""

from __future__ import annotations

import asyncio

from assistant.people.people import People, is_agent
from assistant.turns.turn import Outcome

from .attempt import Attempt


async def check_authors(attempt: Attempt, people: People) -> bool:
    """Wait until those who ask can see an answer.

    What agents asked is taken out of the turn, and the attempt is cut off: its LLM was told of it.

    Returns:
        Whether anything may be written.
    """
    questions = attempt.turn.questions
    newest = {question.identity: question for question in questions}
    found = await asyncio.gather(*map(people.author, newest.values()))
    authors = {author.identity: author for author in found if author is not None}
    for question in questions:
        if question.identity in authors:
            question.name = people.name(question.identity)
    agents = {identity for identity, author in authors.items() if is_agent(author)}
    if not agents:
        return True
    questions[:] = [question for question in questions if question.identity not in agents]
    attempt.cut(Outcome.ANEW)
    # If a person stopped it first, the person is to see that.
    return attempt.cut_as is not Outcome.ANEW and bool(questions)
