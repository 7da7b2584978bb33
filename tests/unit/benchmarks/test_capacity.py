import math
from dataclasses import replace

from benchmarks.capacity import (
    ANSWERING,
    CORE_SHARE,
    PACE,
    ROOMS,
    WORKER_MB,
    Costs,
    measured_costs,
    plan_capacity,
)
from benchmarks.workloads import HUNDRED, HUNDRED_ROOMS, TWENTY, TWENTY_ROOMS
from tests.unit.benchmarks.samples import FIGURES, empty_results, performance

COSTS = Costs(
    rooms=10_000,
    one_mb=100,
    further_mb=2,
    cpu_ms=0.001,
    server_mb=1,
    server_cpu_ms=0.5,
    ready_ms=250,
)


def workers(costs: Costs) -> int:
    [value] = [row[1] for row in plan_capacity(costs).rows if row[0] == "**workers**"]
    return int(value.strip("*").replace(",", ""))


def test_memory_limits_the_rooms_of_a_worker() -> None:
    assert workers(COSTS) == math.ceil(ROOMS / ((WORKER_MB - 100) / 2 + 1))


def test_cpu_limits_the_rooms_of_a_worker() -> None:
    in_one = int(CORE_SHARE * 1000 / 2 / (ANSWERING * PACE))
    assert workers(replace(COSTS, cpu_ms=2)) == ROOMS / in_one


def test_no_worker_has_more_rooms_than_were_measured() -> None:
    assert workers(replace(COSTS, rooms=100)) == 1000


def test_costs_are_those_with_the_most_rooms() -> None:
    results = empty_results()
    for program, workload, rooms in (
        (HUNDRED_ROOMS, HUNDRED, 100),
        (TWENTY_ROOMS, TWENTY, 20),
    ):
        done = performance({workload: FIGURES}, [(0, 90), (1, 100), (rooms, 98 + 2 * rooms)])
        results.add(program, "shared", done)
    costs = measured_costs(results)
    assert costs is not None
    assert (costs.rooms, costs.one_mb, costs.further_mb) == (100, 100, 2)


def test_without_measured_costs_there_is_no_plan() -> None:
    assert measured_costs(empty_results()) is None
