"""Results as a benchmark could have them."""

from collections.abc import Sequence

from benchmarks.chaos.figures import Chaos, Harm, RoomFigures
from benchmarks.figures import Figures
from benchmarks.listening import Listening, Spent
from benchmarks.performance import Memory, Performance
from benchmarks.results import Results
from benchmarks.subjects import SUBJECTS
from benchmarks.vads import VadFigures
from benchmarks.workloads import Workload

FIGURES = Figures(
    p50_ms=3.11111,
    p95_ms=5,
    max_ms=9,
    first_text_ms=4,
    turn_ms=12,
    updates=200,
    payload_bytes=2200,
    llm_late_ms=1,
    cpu_ms=1,
    server_cpu_ms=0.5,
    rooms=1,
    replies=3,
    late=0,
    lost=0,
)

LISTENING = Listening(
    sound="quiet",
    microphones=10,
    spent=Spent(seconds=20, cpu_s=8.2, loop_s=2.1, rss_mb=180, threads=24, sounds=3),
    idle=Spent(seconds=10, cpu_s=0.1, loop_s=0.05, rss_mb=150, threads=20, sounds=0),
)

VAD = VadFigures("bundled", 4.2, 3.44, 10, 0.1, 10.66, 6.54, 3.4, 1.1, 13, 13)

ROOM = RoomFigures("r", 5, 5, 0, 0, 0, 0, 0, 0, 0, forsaken=False)
"""A room in which nothing went wrong."""

CHAOS = Chaos("sqlite", 60, 3, [Harm(10, "kill", 1)], [ROOM])


def empty_results() -> Results:
    return Results(
        made_at="2026-01-02T03:04:05+00:00",
        machine={
            "cores": 2,
            "processor": "some processor",
            "memory_gb": 8,
            "load_average": [0.1, 0.2, 0.3],
            "livekit-server": "livekit-server version 1",
            "python": "3.11",
            "libraries": {"livekit": "1"},
            "commit": "0123456789abcdef",
            "uncommitted_changes": False,
        },
        busy_neighbours=0,
        titles={subject.name: subject.title for subject in SUBJECTS},
    )


def performance(
    figures: dict[Workload, Figures], memory: Sequence[tuple[int, float]] = (), **options: str
) -> Performance:
    return Performance(
        memory=[Memory(rooms, pss_mb, pss_mb / 10) for rooms, pss_mb in memory],
        ready_ms=[100.0 + room for room in range(memory[-1][0] if memory else 0)],
        figures={workload.name: each for workload, each in figures.items()},
        stopped=options.get("stopped"),
    )
