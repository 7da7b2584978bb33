"""Runs the agent, with a LiveKit server, an LLM and speech if none are set, and stops all in order."""

import contextlib
import importlib
import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from worker.devstack.agent_worker import AgentWorker
from worker.devstack.checks import check_livekit, check_llm, reveal
from worker.devstack.commands import Report
from worker.devstack.environment import prepare
from worker.devstack.invitation import invite, mint_token
from worker.devstack.livekit_server import LiveKitServer, find_or_build
from worker.devstack.local_llm import LocalLlm
from worker.devstack.paths import RUN, VENV
from worker.devstack.ports import free_port, require_free
from worker.devstack.process import Child, died
from worker.devstack.speech import prepare_speech, start_speech
from worker.devstack.state import StackState, only_one, published
from worker.settings import Settings
from worker.store.database.address import parse_address
from worker.store.preparation.requirements import find_unmet

USUAL_PORT = 7880
"""Where a local LiveKit server listens as a rule; another port is taken if this one is not free."""

ROOM = "dev"
"""The room on a server of our own."""

STAND_IN_SETTINGS = {
    "chat_display_name": "Assistant (small local model)",
    # Its context of 8192 tokens takes about four bytes a token, and the answer must fit too.
    "chat_max_message_bytes": "8000",
    "chat_max_context_bytes": "16000",
}
"""The agent's settings for the local model, unless they are set."""

OWN_LLM_SETTINGS = {
    # A large model on one's own machine is loaded for minutes before its first word.
    "chat_first_token_limit": "300",
    "chat_gap_limit": "120",
}
"""The agent's settings for an LLM of one's own, unless they are set."""

MEMORY = f"sqlite:///{RUN / 'memory.db'}"
"""Where conversations are kept, unless it is set."""

_PAUSE = 0.2
"""Seconds between two checks that everything still runs."""


def prepare_stack(settings: Settings, report: Report) -> None:
    """Install what `run_stack` needs, and check the servers that the settings name.

    Raises:
        StackError: Something cannot be installed, or does not work.
    """
    if _has_livekit(settings):
        check_livekit(settings)
    if _has_llm(settings):
        check_llm(settings)
    else:
        _install(["local"], report)
    prepare_speech(settings, report)
    _install(_memory_groups(settings), report)
    if not _has_livekit(settings):
        find_or_build(report)


def run_stack(settings: Settings, report: Report) -> None:
    """Run the agent and what it needs until interrupted.

    Raises:
        StackError: Something could not be started, or exited unexpectedly.
    """
    try:
        with only_one():
            prepare_stack(settings, report)
            with ExitStack() as running:
                _Stack(settings, running, report).run()
    except KeyboardInterrupt:
        report("all processes stopped")


class _Stack:
    """The processes of one run."""

    def __init__(self, settings: Settings, running: ExitStack, report: Report) -> None:
        self._settings = settings
        self._running = running
        self._report = report
        self._environment = dict(os.environ)
        self._servers: list[tuple[Child, Path]] = []
        self._speech_servers: list[tuple[Child, Path]] = []

    def run(self) -> None:
        self._choose_health_port()
        state = self._livekit()
        self._remember()
        if _has_llm(self._settings):
            self._set_unless_chosen(OWN_LLM_SETTINGS)
        else:
            self._start_model()
        speech = start_speech(self._settings, self._running, self._report)
        self._environment |= speech.environment
        self._speech_servers += speech.servers
        self._report("starting the agent")
        grace = self._settings.chat_closing_grace
        agent = self._running.enter_context(
            AgentWorker.start(
                self._environment,
                closing_grace=grace,
                log_level=self._settings.chat_log_level,
            )
        )
        agent.wait_until_registered()
        self._running.enter_context(published(state))
        token = mint_token(state, self._settings.chat_agent_name)
        self._report(invite(state, token, hears=speech.is_heard))
        try:
            self._watch(agent)
        except KeyboardInterrupt:
            self._report(
                f"stopping: a running answer has up to {grace:g} s to finish "
                "(press Ctrl-C again to skip)"
            )
            raise

    def _livekit(self) -> StackState:
        if _has_livekit(self._settings):
            # A room of this run alone: servers dispatch agents to new rooms only.
            room = f"dev-{secrets.token_hex(2)}"
            url, key = self._settings.livekit_url or "", self._settings.livekit_api_key or ""
            return StackState(url, key, reveal(self._settings.livekit_api_secret), room)
        log = RUN / "livekit-server.log"
        server = self._running.enter_context(LiveKitServer.start(free_port(USUAL_PORT), log=log))
        self._servers.append((server.process, log))
        self._environment |= {
            "LIVEKIT_URL": server.url,
            "LIVEKIT_API_KEY": server.api_key,
            "LIVEKIT_API_SECRET": server.api_secret,
        }
        self._report(f"livekit-server is running at {server.url}")
        # A new server has no rooms yet, and whoever comes again has their conversation by its name.
        return StackState(server.url, server.api_key, server.api_secret, ROOM)

    def _start_model(self) -> None:
        log = RUN / "local-llm.log"
        llm = self._running.enter_context(LocalLlm.start(log=log))
        self._servers.append((llm.process, log))
        self._environment |= {"OPENAI_BASE_URL": llm.base_url, "CHAT_MODEL": llm.model}
        self._set_unless_chosen(STAND_IN_SETTINGS)
        self._report(
            f"using the built-in test model {llm.model} (very small, its answers make little sense); "
            "set OPENAI_API_KEY or OPENAI_BASE_URL for a real LLM"
        )

    def _remember(self) -> None:
        if self._settings.chat_memory is None:
            for why in find_unmet(MEMORY):
                self._report(f"conversations end with the agent: {why}")
                return
        self._set_unless_chosen({"chat_memory": MEMORY})

    def _set_unless_chosen(self, settings: Mapping[str, str]) -> None:
        for setting, value in settings.items():
            if setting not in self._settings.model_fields_set:
                self._environment[setting.upper()] = value

    def _choose_health_port(self) -> None:
        if "chat_health_port" in self._settings.model_fields_set:
            port = self._settings.chat_health_port
            require_free(port, "health check, CHAT_HEALTH_PORT")
        else:
            self._environment["CHAT_HEALTH_PORT"] = "0"

    def _watch(self, agent: AgentWorker) -> None:
        while True:
            agent.check()
            for process, log in self._servers:
                if process.poll() is not None:
                    raise died(process, log)
            self._watch_speech()
            time.sleep(_PAUSE)

    def _watch_speech(self) -> None:
        """Say once that a server for speech is gone: whoever is chatting can go on in writing."""
        for process, log in list(self._speech_servers):
            if process.poll() is not None:
                self._speech_servers.remove((process, log))
                self._report(f"speech is off until the next start: {died(process, log)}")


def _has_livekit(settings: Settings) -> bool:
    return settings.livekit_url is not None


def _has_llm(settings: Settings) -> bool:
    return settings.openai_api_key is not None or settings.openai_base_url is not None


def _memory_groups(settings: Settings) -> tuple[str, ...]:
    if settings.chat_memory is None:
        return ("memory",)
    with contextlib.suppress(ValueError):
        return parse_address(settings.chat_memory.get_secret_value()).groups
    return ()  # The agent says what is wrong with it.


def _install(groups: Sequence[str], report: Report) -> None:
    # In another environment than the checkout's own, what is installed is its owner's affair.
    if Path(sys.prefix) == VENV:
        prepare(groups, report)
        importlib.invalidate_caches()
