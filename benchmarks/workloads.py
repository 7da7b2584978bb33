"""What is measured: how many rooms, how many of them busy, and with which replies. No I/O.

A *program* is what one worker goes through in a run, without being started again in between.
"""

from dataclasses import dataclass, field, replace

from benchmarks.scenarios import FAST, GENTLE, PACED, SLOW, STEADY, Scenario


@dataclass(frozen=True, slots=True)
class Workload:
    """Replies that are asked for in a number of rooms at once."""

    name: str
    scenario: Scenario
    busy: int
    """Rooms in which a reply is asked for."""

    idle: int = 0
    """Further rooms, each with a person and an agent who have exchanged a message and are quiet."""

    microphones: int = 0
    """In how many of these a microphone is open, into which somebody speaks from time to time. They
    stay open."""

    replies: int = 1
    """How often a reply is asked for in each busy room, one after another."""

    @property
    def rooms(self) -> int:
        """All rooms."""
        return self.busy + self.idle

    @property
    def title(self) -> str:
        """Describe it for people."""
        rooms = "1 room" if self.busy == 1 else f"{self.busy} rooms"
        idle = f" among {self.idle} idle ones" if self.idle else ""
        if self.microphones:
            idle = f" beside {self.microphones} open microphones"
        return f"{rooms}{idle}, {self.scenario.title}"


@dataclass(frozen=True, slots=True)
class Program:
    """Workloads that a worker goes through in order; rooms are added, never left."""

    name: str
    title: str
    workloads: tuple[Workload, ...]
    subjects: tuple[str, ...]
    """Names of those who are measured with it."""

    fewer: dict[str, int] = field(default_factory=dict, hash=False)
    """In how many runs at most, by name, for those that would take too long in all."""

    @property
    def microphones(self) -> int:
        """How many are open at most."""
        return max(workload.microphones for workload in self.workloads)

    def shortened(self) -> "Program":
        """Ask for one reply where several are usual."""
        once = tuple(replace(workload, replies=1) for workload in self.workloads)
        return replace(self, workloads=once)


ONE_PACED = Workload("one-paced", PACED, busy=1, replies=3)
ONE_FAST = Workload("one-fast", FAST, busy=1, replies=3)
TWENTY = Workload("twenty", STEADY, busy=20)
HUNDRED = Workload("hundred", SLOW, busy=100)
TEN = Workload("ten", STEADY, busy=10)
TEN_AMONG_IDLE = Workload("ten-among-idle", STEADY, busy=10, idle=300)

ONE_ROOM = Program(
    "one",
    "One room",
    (ONE_PACED, ONE_FAST),
    ("shared", "sqlite", "postgresql", "process", "default", "lean", "json"),
    {"process": 1, "lean": 1, "json": 1},
)
TWENTY_ROOMS = Program(
    "twenty",
    "20 rooms",
    (TWENTY,),
    (
        *("shared", "listen", "sqlite", "postgresql", "process"),
        *("default", "lean", "thread", "openrtc"),
    ),
    {"process": 1},
)
HUNDRED_ROOMS = Program(
    "hundred",
    "100 rooms",
    (HUNDRED,),
    ("shared", "sqlite", "postgresql", "default", "lean", "thread", "openrtc"),
    {"default": 1, "lean": 1, "thread": 1, "openrtc": 2},
)
IDLE_ROOMS = Program(
    "idle",
    "10 rooms, then 300 idle ones",
    (TEN, TEN_AMONG_IDLE),
    ("shared", "lean", "openrtc"),
    {"shared": 2, "lean": 1, "openrtc": 1},
)

BESIDE_NONE = Workload("beside-none", GENTLE, busy=100, idle=20)
BESIDE_TWENTY = Workload("beside-twenty", GENTLE, busy=100, idle=20, microphones=20)

BESIDE_MICROPHONES = Program(
    "beside-microphones",
    "100 rooms beside 20 microphones",
    (BESIDE_NONE, BESIDE_TWENTY),
    # The first hears nothing of them, but they take the machine's time from it all the same.
    ("shared", "listen"),
)

PROGRAMS = (ONE_ROOM, TWENTY_ROOMS, HUNDRED_ROOMS, IDLE_ROOMS, BESIDE_MICROPHONES)

SHORT = (ONE_ROOM, TWENTY_ROOMS)
"""What can be measured in a few minutes."""
