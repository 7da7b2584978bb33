"""A plan for 100,000 rooms, calculated from what was measured. No I/O.

Every quantity names its source: a measurement, an assumption, or a calculation.
"""

import math
from dataclasses import dataclass

from benchmarks.aims import OURS
from benchmarks.results import Measured, Results
from benchmarks.table import Rows

ROOMS = 100_000

ANSWERING = 0.05
"""Share of the rooms in which a reply is being written at any moment: people read and type."""

PACE = 50
"""Tokens a second of a usual LLM."""

REPLY_TOKENS = 300

VISIT_S = 600
"""Seconds that a room lasts."""

CORE_SHARE = 0.5
"""How much of a core is planned with; the rest is for peaks, and for replies to be on time."""

WORKER_MB = 2000
"""Memory of one worker, which lives on one event loop and so on little more than one core."""

SERVER_CORES = 8
SERVER_MB = 16_000
"""One machine with a livekit-server."""

DISPATCH_POOL = 50 // 2
"""Dispatches that one livekit-server has in flight at a time. Its agent client has 50 goroutines for
them, and a dispatch takes up two: one asks the workers, one waits until that is done (1.13.5, 1.13.11)."""

MEASURED, ASSUMED, CALCULATED = "measured", "assumed", "calculated"


@dataclass(frozen=True, slots=True)
class Costs:
    """What one worker and one server were measured to take, at as many rooms as were measured."""

    rooms: int
    one_mb: float
    further_mb: float
    cpu_ms: float
    server_mb: float
    server_cpu_ms: float
    ready_ms: float


def measured_costs(results: Results) -> Costs | None:
    """Find the costs with the most rooms, or None if none were measured."""
    found = [costs for measured in results.measured if (costs := _costs(measured))]
    return max(found, key=lambda costs: costs.rooms, default=None)


def _costs(measured: Measured) -> Costs | None:
    hosting = measured.hosting(OURS)
    figures = measured.figures(measured.program.workloads[-1].name, OURS)
    if not (hosting and figures and hosting.further_mb and hosting.server_mb is not None):
        return None
    return Costs(
        rooms=hosting.rooms,
        one_mb=hosting.one_mb,
        further_mb=hosting.further_mb,
        cpu_ms=figures.cpu_ms,
        server_mb=hosting.server_mb,
        server_cpu_ms=figures.server_cpu_ms,
        ready_ms=hosting.ready_p50_ms,
    )


def plan_capacity(costs: Costs) -> Rows:
    """Work out workers, servers and what goes between them."""
    pace_of_a_room = ANSWERING * PACE
    by_memory = int((WORKER_MB - costs.one_mb) / costs.further_mb) + 1
    by_cpu = int(CORE_SHARE * 1000 / costs.cpu_ms / pace_of_a_room)
    in_a_worker = max(min(by_memory, by_cpu, costs.rooms), 1)
    workers = math.ceil(ROOMS / in_a_worker)
    tokens = ROOMS * pace_of_a_room
    server_cores = tokens * costs.server_cpu_ms / 1000 / CORE_SHARE
    server_gb = ROOMS * costs.server_mb / 1000
    servers = math.ceil(max(server_cores / SERVER_CORES, server_gb * 1000 / SERVER_MB))
    opened = ROOMS / VISIT_S
    dispatches = servers * DISPATCH_POOL / (costs.ready_ms / 1000)
    rows: list[tuple[str, str, str]] = [
        ("rooms", f"{ROOMS:,}", ASSUMED),
        ("rooms with a reply being written", f"{ANSWERING:.0%} of them", ASSUMED),
        ("tokens per second in each of those", f"{PACE}", ASSUMED),
        ("tokens per second in total", f"{tokens:,.0f}", CALCULATED),
        ("memory of one worker", f"{WORKER_MB:,} MB", ASSUMED),
        ("worker's memory with one room; for each further room", _pair(costs), MEASURED),
        ("rooms per worker, limited by memory", f"{by_memory:,}", CALCULATED),
        (f"worker's CPU per token, with {costs.rooms} rooms", _ms(costs.cpu_ms), MEASURED),
        ("rooms per worker, limited by half a core", f"{by_cpu:,}", CALCULATED),
        ("rooms per worker, as many as were measured", f"{costs.rooms}", MEASURED),
        ("**rooms per worker**: the smallest of the three", f"**{in_a_worker:,}**", CALCULATED),
        ("**workers**", f"**{workers:,}**", CALCULATED),
        ("livekit-server's CPU per token", _ms(costs.server_cpu_ms), MEASURED),
        (
            "livekit-server's memory per room, two participants",
            f"{costs.server_mb:.2f} MB",
            MEASURED,
        ),
        ("cores for servers, half used", f"{server_cores:,.0f}", CALCULATED),
        ("memory for servers", f"{server_gb:,.0f} GB", CALCULATED),
        ("machine for one server", f"{SERVER_CORES} cores, {SERVER_MB / 1000:g} GB", ASSUMED),
        ("**servers**", f"**{servers:,}**", CALCULATED),
        ("lifetime of a room, seconds", f"{VISIT_S}", ASSUMED),
        ("rooms opened per second", f"{opened:,.0f}", CALCULATED),
        ("start of a room, dispatch included", f"{costs.ready_ms:.0f} ms", MEASURED),
        ("dispatches per second that the servers can handle", f"{dispatches:,.0f}", CALCULATED),
        ("requests to servers for these dispatches", f"{opened * servers:,.0f}/s", CALCULATED),
        ("concurrent LLM requests", f"{ROOMS * ANSWERING:,.0f}", CALCULATED),
        ("LLM requests per minute", f"{60 * tokens / REPLY_TOKENS:,.0f}", CALCULATED),
    ]
    return Rows(f"{ROOMS:,} rooms", ("quantity", "value", "source"), rows)


def _pair(costs: Costs) -> str:
    return f"{costs.one_mb:.0f} MB, {costs.further_mb:.1f} MB"


def _ms(value: float) -> str:
    return f"{value:.2f} ms"
