"""The chaos as a work among the others: one run for each store, and its tables.

With ten minutes for each it is not part of a short measurement, unless it is asked for.
"""

from collections.abc import Callable, Sequence

from rich.console import Console

from benchmarks.chaos.run import Plan, wreak
from benchmarks.chaos.tables import CHAOS_LEGEND, by_room, chaos
from benchmarks.results import Results
from benchmarks.stores import Store

CHAOS = "chaos"
"""Name of the work."""


def measure_chaos(
    llm_url: str,
    results: Results,
    stores: Sequence[Store],
    plan: Plan,
    on_step: Callable[[str], None],
) -> None:
    """Harm workers with each of these stores, one after the other.

    Args:
        llm_url: The address of the fake LLM.
        results: What to add it to.
        stores: What keeps their conversations.
        plan: What is done with each of them.
        on_step: Called with what is being done.

    Raises:
        ChildFailedError: If one could not be begun.
    """
    for store in stores:
        results.chaos.append(wreak(store, llm_url, plan, on_step))


def show_chaos(results: Results, console: Console) -> None:
    """Print what people saw as tables."""
    for run in results.chaos:
        console.print(by_room(run).for_terminal())
    if results.chaos:
        console.print(chaos(results.chaos).for_terminal())
        console.print(CHAOS_LEGEND)
