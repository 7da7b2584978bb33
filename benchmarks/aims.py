"""The project's aims, compared with what was measured. No I/O.

An aim that is missed is reported and nothing more: a machine that is busy with other work must
not break a build.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.chaos.figures import Chaos
from benchmarks.churn import Sample, growth_per_thousand
from benchmarks.figures import Figures, percentile
from benchmarks.listening import Listening, dearest_cpu, dearest_loop, threads_left
from benchmarks.results import Measured, Results
from benchmarks.workloads import (
    BESIDE_MICROPHONES,
    BESIDE_TWENTY,
    HUNDRED,
    HUNDRED_ROOMS,
    IDLE_ROOMS,
    ONE_FAST,
    ONE_PACED,
    ONE_ROOM,
    TEN,
    TEN_AMONG_IDLE,
    TWENTY,
    TWENTY_ROOMS,
    Workload,
)

OURS = "shared"
"""The subject that is judged."""

REMEMBERING = ("sqlite", "postgresql")
"""The same with a store."""

LISTENS = "listen"
"""The same with `CHAT_VOICE=listen`."""

EXECUTORS = ("default", "lean", "thread")
"""livekit-agents' own ways to host rooms."""

ROOMIO = ("default",)
"""Who speaks to one room through RoomIO, as most agents do."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One aim and whether it was met."""

    aim: str
    measured: str
    met: bool


def judge(results: Results) -> list[Verdict]:
    """Hold the results against those aims that they allow to judge."""
    verdicts: list[Verdict] = []
    for name, judged in (
        (ONE_ROOM.name, _one_room),
        (TWENTY_ROOMS.name, _twenty_rooms),
        (HUNDRED_ROOMS.name, _hundred_rooms),
        (IDLE_ROOMS.name, _idle_rooms),
        (BESIDE_MICROPHONES.name, _beside_microphones),
    ):
        if measured := results.of(name):
            verdicts += judged(measured)
    verdicts += [verdict for run in results.chaos if run.harms for verdict in _chaos(run)]
    return [*verdicts, *_microphones(results.microphones), *_tracks(results.tracks)]


def _one_room(measured: Measured) -> Iterator[Verdict]:
    ours, peer = measured.figures(ONE_PACED.name, OURS), _best_p95(measured, ONE_PACED, ROOMIO)
    if ours and peer is not None:
        later = ours.p95_ms - peer
        aim = f"{ONE_PACED.title}: p95 at most 1 ms later than RoomIO's"
        yield Verdict(aim, f"{later:+.1f} ms", later <= 1)
    if ours:
        first = ours.first_text_ms
        aim = f"{ONE_PACED.title}: first text at most 15 ms after the LLM's first token"
        yield Verdict(aim, f"{first:.1f} ms", first <= 15)
        yield _payload(ours, ONE_PACED)
    ours, peer = measured.figures(ONE_FAST.name, OURS), _best_p95(measured, ONE_FAST, ROOMIO)
    if ours and peer is not None:
        yield _share(f"{ONE_FAST.title}: p95 at most 1/5 of RoomIO's", ours.p95_ms, peer, 1 / 5)


def _twenty_rooms(measured: Measured) -> Iterator[Verdict]:
    ours, peer = measured.figures(TWENTY.name, OURS), _best_p95(measured, TWENTY, EXECUTORS)
    if ours and peer is not None:
        aim = f"{TWENTY.title}: p95 at most 1/4 of the best livekit-agents executor's"
        yield _share(aim, ours.p95_ms, peer, 1 / 4)
    if ours and (openrtc := measured.figures(TWENTY.name, "openrtc")):
        aim = f"{TWENTY.title}: p95 no higher than openrtc's"
        yield _share(aim, ours.p95_ms, openrtc.p95_ms, 1)
    if ours and (lean := measured.figures(TWENTY.name, "lean")):
        aim = f"{TWENTY.title}: CPU per token at most 1/2 of a lean process's"
        yield _share(aim, ours.cpu_ms, lean.cpu_ms, 1 / 2)
    yield from _hosting(measured)
    for name in REMEMBERING:
        yield from _with_memory(measured, name)
    yield from _without_microphone(measured)


def _hosting(measured: Measured) -> Iterator[Verdict]:
    ours = measured.hosting(OURS)
    if ours is None or ours.further_mb is None:
        return
    if (start := ours.start_alone_p95_ms) is not None:
        aim = "a room opened alone: agent ready at most 250 ms after the job's assignment (p95)"
        yield Verdict(aim, f"{start:.0f} ms", start <= 250)
    further = ours.further_mb
    yield Verdict("memory: at most 3 MB per further room", f"{further:.1f} MB", further <= 3)
    yield Verdict(
        "memory: at most 200 MB with one room", f"{ours.one_mb:.0f} MB", ours.one_mb <= 200
    )
    lean = measured.hosting("lean")
    if lean and lean.further_mb:
        aim = "memory: each further room at most 1/12 of a lean process"
        yield _share(aim, further, lean.further_mb, 1 / 12)
    if default := measured.hosting("default"):
        aim = "memory: with one room at most 40 % of livekit-agents' default"
        yield _share(aim, ours.one_mb, default.one_mb, 0.4)


def _hundred_rooms(measured: Measured) -> Iterator[Verdict]:
    ours = measured.figures(HUNDRED.name, OURS)
    if ours is None:
        return
    p95 = ours.p95_ms
    yield Verdict(f"{HUNDRED.title}: p95 at most 500 ms", f"{p95:.0f} ms", p95 <= 500)
    aim = f"{HUNDRED.title}: no reply late by more than 2 s, none lost"
    counted = f"{ours.late} late, {ours.lost} lost of {ours.replies}"
    yield Verdict(aim, counted, ours.late == ours.lost == 0)


def _idle_rooms(measured: Measured) -> Iterator[Verdict]:
    alone = measured.figures(TEN.name, OURS)
    among = measured.figures(TEN_AMONG_IDLE.name, OURS)
    if alone and among and among.rooms == TEN_AMONG_IDLE.rooms:
        aim = f"{TEN_AMONG_IDLE.title}: p95 at most twice that of the ten alone"
        yield _share(aim, among.p95_ms, alone.p95_ms, 2)


def _without_microphone(measured: Measured) -> Iterator[Verdict]:
    aim = f"{TWENTY.title}: with CHAT_VOICE=listen and no microphone"
    ours, listens = (measured.figures(TWENTY.name, each) for each in (OURS, LISTENS))
    if ours and listens:
        yield _share(f"{aim}, CPU per token at most 5 % more", listens.cpu_ms, ours.cpu_ms, 1.05)
    deaf, hears = (measured.hosting(each) for each in (OURS, LISTENS))
    if deaf and hears and deaf.further_mb is not None and hears.further_mb is not None:
        dearer = hears.further_mb - deaf.further_mb
        further = f"{aim}, a further room at most 0.2 MB more"
        yield Verdict(further, f"{dearer:+.1f} MB", dearer <= 0.2)
    memory, more = (measured.memory(each).get(TWENTY.rooms) for each in (OURS, LISTENS))
    if memory and more:
        yield _share(f"{aim}, the process at most 2 % more memory", more, memory, 1.02)


def _with_memory(measured: Measured, name: str) -> Iterator[Verdict]:
    aim = f"{TWENTY.title}: memory in {name}"
    without, remembers = (measured.figures(TWENTY.name, each) for each in (OURS, name))
    if without and remembers:
        later = remembers.turn_ms - without.turn_ms
        yield Verdict(f"{aim}, first text at most 150 ms later", f"{later:+.1f} ms", later <= 150)
        yield _share(f"{aim}, p95 at most 1.2 times", remembers.p95_ms, without.p95_ms, 1.2)
        dearer = f"{aim}, CPU per token at most 10 % more"
        yield _share(dearer, remembers.cpu_ms, without.cpu_ms, 1.1)


def _beside_microphones(measured: Measured) -> Iterator[Verdict]:
    deaf, hears = (measured.figures(BESIDE_TWENTY.name, each) for each in (OURS, LISTENS))
    if deaf and hears:
        aim = f"{BESIDE_TWENTY.title}: p95 at most 1.2 times that with nobody listening to them"
        yield _share(aim, hears.p95_ms, deaf.p95_ms, 1.2)


def _microphones(measured: list[Listening]) -> Iterator[Verdict]:
    if not measured:
        return
    cpu, loop = dearest_cpu(measured), dearest_loop(measured)
    aim = "an open microphone, in silence or speech, of 1 to 20: at most"
    yield Verdict(f"{aim} 6 % of a core", f"{cpu.cpu_each:.1f} %", cpu.cpu_each <= 6)
    yield Verdict(
        f"{aim} 1.5 % of the event loop", f"{loop.loop_each:.2f} %", loop.loop_each <= 1.5
    )


def _tracks(samples: list[Sample]) -> Iterator[Verdict]:
    growth = growth_per_thousand(samples, "rss_mb")
    if growth is None:
        return
    aim = "microphones opened and closed:"
    yield Verdict(
        f"{aim} at most 2 MB more for another 100", f"{growth / 10:+.1f} MB", growth <= 20
    )
    threads = threads_left(samples)
    yield Verdict(f"{aim} no threads more in the end than at first", f"{threads:+d}", threads <= 0)


def _chaos(run: Chaos) -> Iterator[Verdict]:
    aim = f"workers that are harmed, memory {run.memory}:"
    together = sum(room.together for room in run.rooms)
    yield Verdict(f"{aim} never two agents in a room", str(together), together == 0)
    absences = [until - since for room in run.rooms for since, until in room.absences]
    longest = max(absences, default=0.0)
    if run.memory == "none":
        yield Verdict(f"{aim} no room 35 s without an agent", f"{longest:.1f} s", longest <= 35)
        return
    gone_wrong = [
        sum(getattr(each, of) for each in run.rooms) for of in ("lost", "doubled", "half")
    ]
    counted = "{} lost, {} doubled, {} half".format(*gone_wrong)
    yield Verdict(f"{aim} no reply lost, doubled or half", counted, not any(gone_wrong))
    p95 = percentile(absences, 0.95) if absences else 0.0
    yield Verdict(f"{aim} no room 7 s without an agent (p95)", f"{p95:.1f} s", p95 <= 7)


def _payload(ours: Figures, workload: Workload) -> Verdict:
    ratio = ours.payload_bytes / workload.scenario.chars
    aim = f"{workload.title}: at most 1.2 bytes sent per byte of the reply"
    return Verdict(aim, f"{ratio:.2f}", ratio <= 1.2)


def _best_p95(measured: Measured, workload: Workload, subjects: tuple[str, ...]) -> float | None:
    figures = [measured.figures(workload.name, subject) for subject in subjects]
    return min((each.p95_ms for each in figures if each), default=None)


def _share(aim: str, ours: float, theirs: float, most: float) -> Verdict:
    share = ours / theirs
    return Verdict(aim, f"{ours:.1f} / {theirs:.1f} = {share:.2f}", share <= most)
