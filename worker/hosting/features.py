"""What this project uses beyond the public names of livekit-agents and livekit.

The modules of this package declare what they use. Here, it is collected, together with what the
packages above and below this one use, so that all of it is checked at start.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from . import (
    capacity,
    direct_server,
    draining,
    event_routing,
    identity,
    native_logs,
    occupancy,
    outside_end,
    registered_server,
    tasks,
    timeline,
)
from .internals import Feature, Internal

logger = logging.getLogger(__name__)

_JOB = "livekit.agents.ipc.job_proc_lazy_main"
_POOL = "livekit.agents.ipc.proc_pool"

SHARED_PROCESS = Feature(
    "rooms do not share a process: each has its own",
    (
        Internal(
            "livekit.agents",
            "AgentServer.run",
            touches=frozenset({"ipc", "proc_pool", "ProcPool", "_proc_pool"}),
        ),
        Internal(
            _POOL,
            "ProcPool.__init__",
            touches=frozenset(
                {
                    "_initialize_process_fnc",
                    "_job_entrypoint_fnc",
                    "_session_end_fnc",
                    "_simulation_end_fnc",
                    "_session_end_timeout",
                    "_close_timeout",
                    "_inf_executor",
                    "_http_proxy",
                    "_executors",
                    "_started",
                    "_closed",
                }
            ),
        ),
        Internal(_POOL, "ProcPool.start"),
        Internal(_POOL, "ProcPool.aclose"),
        Internal(_POOL, "ProcPool.launch_job", frozenset({"info"})),
        Internal(_POOL, "ProcPool.get_by_job_id", frozenset({"job_id"}), frozenset({"_executors"})),
        Internal(
            _JOB,
            "_JobProc.__init__",
            frozenset(
                {
                    "initialize_process_fnc",
                    "job_entrypoint_fnc",
                    "session_end_fnc",
                    "session_end_timeout",
                    "executor_type",
                    "simulation_end_fnc",
                }
            ),
        ),
        Internal(
            _JOB, "_JobProc.initialize", touches=frozenset({"_client", "_inf_client", "_job_proc"})
        ),
        Internal(_JOB, "_JobProc.entrypoint", frozenset({"cch"}), frozenset({"_exit_proc_flag"})),
        Internal(_JOB, "_JobProc._start_job", frozenset({"msg"}), frozenset({"_room", "_job_ctx"})),
        Internal(
            _JOB,
            "_JobProc._shutdown_job",
            frozenset({"job_entry_task", "shutdown_info"}),
            frozenset({"_client", "_room"}),
        ),
        Internal(_JOB, "_InfClient.__init__", frozenset({"proc_client"})),
        Internal(_JOB, "_InfClient.do_inference", frozenset({"method", "data"})),
        Internal("livekit.agents.ipc.inference_executor", "InferenceExecutor"),
        Internal("livekit.agents.ipc.proto", "StartJobRequest"),
        Internal("livekit.agents.ipc.proto", "ShutdownRequest.__init__", frozenset({"reason"})),
        Internal("livekit.agents.ipc.job_executor", "JobStatus.FAILED"),
        Internal("livekit.agents.job", "_JobContextVar"),
        Internal(
            "livekit.agents.job",
            "RunningJobInfo.__init__",
            frozenset({"assigned_at", "launched_at"}),
        ),
        Internal("livekit.agents.job", "JobContext.__init__", touches=frozenset({"_info"})),
        Internal("livekit.agents.telemetry.metrics", "job_started"),
        Internal("livekit.agents.telemetry.metrics", "job_ended"),
        Internal("livekit.agents.utils.aio", "Chan.send_nowait"),
    ),
)

PRELOADING = Feature(
    "the first reply in a process is slower, as modules are imported only then",
    (Internal("livekit.agents", "AgentServer.__init__", frozenset({"preload_modules"})),),
)

HEALTH_PORT_OF_START = Feature(
    "dev uses CHAT_HEALTH_PORT too, so that a second worker cannot start",
    (
        Internal(
            "livekit.agents.worker",
            "ServerEnvOption.__init__",
            frozenset({"dev_default", "prod_default"}),
        ),
    ),
)

CTRL_D = Feature(
    "Ctrl-D does not end the console", (Internal("livekit.agents.cli._legacy", "readkey"),)
)

_OF_OTHERS = (
    CTRL_D,
    Feature(
        "the session also retries failed requests, and some failures end it",
        (
            Internal(
                "livekit.agents.voice.agent_session",
                "SessionConnectOptions.__init__",
                frozenset({"llm_conn_options", "max_unrecoverable_errors"}),
            ),
        ),
    ),
    Feature(
        "messages of participants who are not announced yet have no participant",
        (
            Internal("livekit.rtc._proto.participant_pb2", "OwnedParticipant"),
            Internal("livekit.rtc._proto.participant_pb2", "ParticipantInfo"),
            Internal(
                "livekit.rtc.participant", "RemoteParticipant.__init__", frozenset({"owned_info"})
            ),
        ),
    ),
    Feature(
        "the events of a session stay in memory until the room is left",
        (
            Internal(
                "livekit.agents.voice.agent_session",
                "AgentSession.__init__",
                touches=frozenset({"_recorded_events"}),
            ),
        ),
    ),
    Feature(
        "what people say before their microphone is heard is lost if their client sends it compressed",
        (
            Internal(
                "livekit.agents.utils.codecs",
                "AudioStreamDecoder.__init__",
                frozenset({"sample_rate", "num_channels", "format"}),
            ),
        ),
    ),
)

OF_CHAT = Feature(
    "protobuf chat packets are neither read nor sent",
    (
        Internal("livekit.rtc._ffi_client", "FfiClient.request", frozenset({"req"})),
        Internal("livekit.rtc._ffi_client", "FfiClient.queue"),
        Internal("livekit.rtc._ffi_client", "FfiQueue.subscribe", frozenset({"filter_fn"})),
        Internal("livekit.rtc._ffi_client", "FfiQueue.unsubscribe", frozenset({"queue"})),
        Internal("livekit.rtc._proto.ffi_pb2", "FfiEvent"),
        Internal("livekit.rtc._proto.ffi_pb2", "FfiRequest"),
        Internal("livekit.rtc._proto.room_pb2", "RoomEvent"),
        Internal("livekit.rtc._utils", "Queue.wait_for"),
        Internal("livekit.rtc.room", "Room.__init__", touches=frozenset({"_ffi_handle"})),
        Internal(
            "livekit.rtc.participant",
            "Participant.__init__",
            touches=frozenset({"_ffi_handle"}),
        ),
    ),
)
"""``chat`` checks these itself, and logs a warning itself: it is also used without a worker."""

IN_EVERY_MODE = (
    PRELOADING,
    HEALTH_PORT_OF_START,
    registered_server.HEALTH,
    registered_server.REJECTED_KEY,
    capacity.FEATURE,
    identity.FEATURE,
    occupancy.FEATURE,
    outside_end.FEATURE,
    direct_server.FEATURE,
    direct_server.RELOADING,
    draining.FEATURE,
    native_logs.FEATURE,
    tasks.FEATURE,
    timeline.FEATURE,
    *_OF_OTHERS,
)
"""What a worker does whether its rooms share a process or not."""

IN_SHARED_PROCESS = (SHARED_PROCESS, event_routing.FEATURE)
"""What it does only where they share one."""

FEATURES = (*IN_EVERY_MODE, *IN_SHARED_PROCESS, OF_CHAT)
"""Everything."""


def warn_of_lost(features: Iterable[Feature]) -> None:
    """Log one warning if features are lost: which ones, and what is missing for them."""
    lost = [feature for feature in features if feature.misfits]
    if lost:
        misfits = sorted({misfit for feature in lost for misfit in feature.misfits})
        extra = {"lost": [feature.lost for feature in lost], "missing": misfits}
        logger.warning("livekit-agents or livekit has changed: some features are lost", extra=extra)
