"""What a worker writes into its store. No I/O."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """What was written into a store so far, by whomever."""

    rows: int
    """Rows that stand in it."""

    changes: int | None = None
    """Rows that were added, changed or deleted; None if the store does not count that."""

    transactions: int | None = None
    """Likewise."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What was written in a second."""

    rows: float
    """By how much they became more."""

    changes: float | None
    transactions: float | None


def writing_between(before: Written, after: Written, seconds: float) -> Writing:
    """Say what was written in a second, from one count to the other."""

    def each_second(then: int | None, now: int | None) -> float | None:
        return None if then is None or now is None else (now - then) / seconds

    return Writing(
        rows=(after.rows - before.rows) / seconds,
        changes=each_second(before.changes, after.changes),
        transactions=each_second(before.transactions, after.transactions),
    )


def combine_writing(runs: Sequence[Writing]) -> Writing:
    """Take the medians over several runs."""

    def median(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return statistics.median(known) if known else None

    return Writing(
        rows=statistics.median(run.rows for run in runs),
        changes=median([run.changes for run in runs]),
        transactions=median([run.transactions for run in runs]),
    )
