"""`python -m worker.devstack`, the whole of it, in a copy of the checkout."""

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.doubles import FakeOpenAI
from tests.environment import environment_with
from worker.devstack.local_llm import LocalLlm
from worker.devstack.model_server import find_model
from worker.devstack.paths import PROJECT
from worker.devstack.speech_models import are_installed

LIMIT = 90.0
"""Seconds for each step on a busy machine."""


class RunningStack:
    """The process, and every line that it has shown."""

    def __init__(self, checkout: Path, **variables: str) -> None:
        self.checkout = checkout
        self.lines: list[str] = []
        self._shown = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "worker.devstack"],
            cwd=checkout,
            env=environment_with(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, words: str) -> None:
        """Return once a line with the words was shown."""

        def shown() -> bool:
            return any(words in line for line in self.lines)

        with self._shown:
            assert self._shown.wait_for(shown, LIMIT), "".join(self.lines)

    def state(self) -> dict[str, Any]:
        """What `.dev/stack.json` says."""
        state: dict[str, Any] = json.loads(self.state_file.read_text(encoding="utf-8"))
        return state

    @property
    def state_file(self) -> Path:
        return self.checkout / ".dev" / "stack.json"

    def descendants(self) -> list[psutil.Process]:
        """Every process that it started, and those that they started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def descendant(self, argument: str) -> psutil.Process:
        """The one of them that was started with this argument."""
        (found,) = [each for each in self.descendants() if argument in each.cmdline()]
        return found

    def end(self) -> int:
        """Return the exit status, all output read."""
        status = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._shown:
                    self.lines.append(line)
                    self._shown.notify_all()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a stack runs from: another one may run in the checkout itself."""
    shutil.copy(PROJECT / "agent.py", tmp_path)
    for folder in ("assistant", "chat", "prompts", "requirements", "speech", "worker"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=ignored)
    return tmp_path


@pytest.fixture
def stack(checkout: Path, fake_openai: FakeOpenAI) -> Iterator[RunningStack]:
    """A stack with a LiveKit server of its own, ready to be chatted with."""
    running = RunningStack(checkout, OPENAI_BASE_URL=fake_openai.base_url)
    try:
        running.wait_for("Ctrl-C stops everything")
        yield running
    finally:
        running.process.kill()
        running.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_and_ends_everything(stack: RunningStack, number: signal.Signals) -> None:
    state = stack.state()
    shown = "".join(stack.lines)
    assert state["pid"] == stack.process.pid
    assert state["url"] in shown
    assert state["room"] in shown
    assert state["api_secret"] not in shown
    started = stack.descendants()
    assert len(started) >= 2
    stack.process.send_signal(number)
    assert stack.end() == 0
    assert stack.lines[-1] == "all processes stopped\n"
    assert not stack.state_file.exists()
    assert psutil.wait_procs(started, timeout=LIMIT)[1] == []


@pytest.mark.skipif(not are_installed(), reason="the models for speech are not installed")
def test_people_can_speak_to_an_agent_whose_llm_has_no_speech(stack: RunningStack) -> None:
    assert "using built-in test models for speech" in "".join(stack.lines)
    assert "Turn the microphone on" in "".join(stack.lines)
    agent = stack.descendant("agent.py")
    server = stack.descendant("worker.devstack.speech_server")
    variables = agent.environ()
    assert variables["CHAT_VOICE"] == "speak"
    port = server.cmdline()[-1]
    assert variables["OPENAI_SPEECH_BASE_URL"] == f"http://127.0.0.1:{port}/v1"
    server.kill()
    stack.wait_for("speech is off until the next start: local speech exited unexpectedly (killed")
    assert agent.is_running()
    stack.process.send_signal(signal.SIGINT)
    assert stack.end() == 0
    assert "".join(stack.lines).count("speech is off") == 1


def test_without_speech_nothing_is_started_for_it(checkout: Path, fake_openai: FakeOpenAI) -> None:
    running = RunningStack(checkout, OPENAI_BASE_URL=fake_openai.base_url, CHAT_VOICE="off")
    try:
        running.wait_for("Ctrl-C stops everything")
        started = [" ".join(each.cmdline()) for each in running.descendants()]
        assert not [each for each in started if "speech_server" in each]
        assert "speech" not in "".join(running.lines)
    finally:
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of the killed")
def test_nothing_is_left_when_it_is_killed(stack: RunningStack) -> None:
    started = stack.descendants()
    stack.process.kill()
    assert stack.end() == -signal.SIGKILL
    assert psutil.wait_procs(started, timeout=LIMIT)[1] == []


def test_a_server_that_dies_is_named_with_its_log(stack: RunningStack) -> None:
    (server,) = [each for each in stack.descendants() if "livekit-server" in each.cmdline()[0]]
    server.kill()
    assert stack.end() == 1
    assert stack.lines[-1].startswith(
        "error: livekit-server exited unexpectedly (killed by SIGKILL)"
    )
    assert str(stack.checkout / ".dev" / "livekit-server.log") in stack.lines[-1]


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"CHAT_MAX_ROOMS": "many"}, "CHAT_MAX_ROOMS"),
        ({"LIVEKIT_URL": "ws://127.0.0.1:9"}, "LIVEKIT_API_KEY is not set"),
    ],
)
def test_a_wrong_setting_is_one_line(checkout: Path, variables: dict[str, str], line: str) -> None:
    running = RunningStack(checkout, **variables)
    assert running.end() == 2
    (shown,) = running.lines
    assert line in shown


@pytest.mark.skipif(find_model() is None, reason="the local model is not installed: make setup")
def test_the_local_model_answers() -> None:
    from openai import OpenAI

    with LocalLlm.start() as llm, OpenAI(base_url=llm.base_url, api_key="unused") as client:
        chunks = client.chat.completions.create(
            model=llm.model,
            messages=[{"role": "user", "content": "Say hello."}],
            stream=True,
            stream_options={"include_usage": True},
        )
        texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert len(texts) > 1
    assert "".join(texts).strip()
