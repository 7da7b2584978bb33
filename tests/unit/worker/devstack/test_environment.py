"""The virtual environment follows its lock files."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.unit.worker.devstack.programs import write_program
from worker.devstack import environment
from worker.devstack.environment import prepare
from worker.devstack.errors import StackError
from worker.devstack.paths import PROJECT

LOCK = "one==1 \\\n    --hash=sha256:0\ntwo==2 \\\n    --hash=sha256:0\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one lock file, and a virtual environment whose Python notes what it runs."""
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "RUN", tmp_path / ".dev")
    write_lock(tmp_path, LOCK)
    write_python(tmp_path, "exit 0")
    (tmp_path / ".venv" / "installed-before").touch()
    return tmp_path


def write_lock(project: Path, text: str) -> None:
    (project / "requirements").mkdir(exist_ok=True)
    (project / "requirements" / "worker.txt").write_text(text, encoding="utf-8")


def write_python(project: Path, pip: str) -> None:
    script = f'if [ "$1" = -m ]; then echo "$@" >> {project}/ran; {pip}; fi'
    write_program(project / ".venv" / "bin" / "python", script)


def runs(project: Path) -> list[str]:
    ran = project / "ran"
    return ran.read_text(encoding="utf-8").splitlines() if ran.exists() else []


def test_a_lock_file_is_installed_once(project: Path) -> None:
    prepare(["worker"], print)
    prepare(["worker"], print)
    (run,) = runs(project)
    assert "--require-hashes" in run
    assert run.endswith("requirements/worker.txt")


def test_it_is_installed_again_when_it_changes(project: Path) -> None:
    prepare(["worker"], print)
    write_lock(project, LOCK.replace("2", "3"))
    prepare(["worker"], print)
    assert len(runs(project)) == 2


def test_two_at_once_install_one_after_the_other(project: Path) -> None:
    write_python(project, f"while [ ! -e {project}/go ]; do sleep 0.05; done")
    waiting = threading.Event()

    def note(line: str) -> None:
        if line.startswith("another installation is already running"):
            waiting.set()

    both = [threading.Thread(target=prepare, args=(["worker"], note)) for _ in range(2)]
    for thread in both:
        thread.start()
    found = waiting.wait(20)
    (project / "go").touch()
    for thread in both:
        thread.join(20)
    assert found
    assert len(runs(project)) == 1


def has_pip(project: Path) -> bool:
    python = project / ".venv" / "bin" / "python"
    return subprocess.run([python, "-m", "pip", "--version"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("pip", "complaint"),
    [
        (
            "echo 'Installing collected packages'; echo 'ERROR: No space left'; exit 1",
            "ERROR: No space left",
        ),
        ("echo 'Installing collected packages'; kill -9 $$", "Installing collected packages"),
    ],
    ids=["full disk", "killed"],
)
def test_after_a_failed_installation_the_environment_is_made_again(
    project: Path, pip: str, complaint: str
) -> None:
    write_python(project, pip)
    with pytest.raises(StackError, match=f"worker.txt failed: {complaint}"):
        prepare(["worker"], print)
    write_lock(project, "# Nothing to install.\n")
    said: list[str] = []
    prepare(["worker"], said.append)
    assert said[0].startswith("creating .venv")
    assert has_pip(project)


def test_a_failed_download_leaves_the_environment_as_it_is(project: Path) -> None:
    prepare(["worker"], print)
    write_python(project, "echo 'ERROR: No matching distribution found'; exit 1")
    write_lock(project, "# Another lock file.\n")
    with pytest.raises(StackError, match="No matching distribution"):
        prepare(["worker"], print)
    write_python(project, "exit 0")
    said: list[str] = []
    prepare(["worker"], said.append)
    assert said == ["installing requirements/worker.txt"]


def test_an_interrupted_creation_is_done_again(project: Path) -> None:
    venv = project / ".venv"
    command = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)]
    subprocess.run(command, check=True)
    assert not has_pip(project), "as it is left before pip comes"
    write_lock(project, "# Nothing to install.\n")
    prepare(["worker"], print)
    assert has_pip(project)


INTERRUPTED = """
import sys
from pathlib import Path
from worker.devstack import environment
from worker.devstack.command_line import run_command

environment.PROJECT = Path(sys.argv[1])
environment.VENV = environment.PROJECT / ".venv"
environment.RUN = environment.PROJECT / ".dev"
run_command(lambda report: environment.prepare(["worker"], report))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_installation_is_begun_anew(project: Path, number: signal.Signals) -> None:
    begun = project / "begun"
    os.mkfifo(begun)
    write_python(project, f"echo > {begun}; exec sleep 600")
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, project], cwd=PROJECT) as command:
        begun.read_text(encoding="utf-8")
        command.send_signal(number)
    write_lock(project, "# Nothing to install.\n")
    said: list[str] = []
    prepare(["worker"], said.append)
    assert any(line.startswith("creating .venv") for line in said)
    assert has_pip(project)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of the killed")
def test_what_a_killed_installation_left_running_is_waited_for(project: Path) -> None:
    begun, go = project / "begun", project / "go"
    os.mkfifo(begun)
    # A shell takes the standard input away from what it starts in the background, as pip does not.
    left = f"(echo > {begun}; while [ ! -e {go} ]; do sleep 0.05; done) <&3 &"
    write_python(project, f"exec 3<&0; {left} wait")
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, project], cwd=PROJECT) as command:
        begun.read_text(encoding="utf-8")
        command.kill()
    write_lock(project, "# Nothing to install.\n")
    said: list[str] = []

    def note(line: str) -> None:
        said.append(line)
        go.touch()

    prepare(["worker"], note)
    assert said[0].startswith("another installation is already running")
    assert has_pip(project)


def test_what_else_is_asked_for_is_installed_anew_with_it(project: Path) -> None:
    write_lock(project, "# Nothing to install.\n")
    shutil.copy(project / "requirements" / "worker.txt", project / "requirements" / "dev.txt")
    prepare(["worker"], print)
    (project / ".venv" / "unfinished").touch()
    said: list[str] = []
    prepare(["worker", "dev"], said.append)
    assert [line for line in said if line.startswith("installing")] == [
        "installing requirements/worker.txt",
        "installing requirements/dev.txt",
    ]


def test_a_missing_network_is_told_as_such(project: Path) -> None:
    write_python(project, "echo 'WARNING: Retrying (Retry(total=4))'; echo 'ERROR: none'; exit 1")
    with pytest.raises(StackError, match="check the network connection"):
        prepare(["worker"], print)


def test_a_python_without_ensurepip_is_told_what_to_install(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".venv" / "bin" / "python").unlink()
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ensurepip" else real(name)
    )
    with pytest.raises(StackError, match=r"no ensurepip module: install it .*-venv"):
        prepare(["worker"], print)


def test_an_environment_whose_python_is_gone_is_made_again(project: Path) -> None:
    write_lock(project, "# Nothing to install.\n")
    prepare(["worker"], print)
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python")
    said: list[str] = []
    prepare(["worker"], said.append)
    assert said[0].startswith("creating .venv")
    assert subprocess.run([python, "-m", "pip", "--version"], check=False).returncode == 0


def test_it_needs_no_installed_package() -> None:
    command = [sys.executable, "-S", "-c", "import worker.devstack.environment"]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == 0
