"""What `pip install .` installs: `chat`, what it needs, and nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.environment import environment_with
from worker.devstack.paths import PROJECT
from worker.installation import OLDEST_PYTHON


def run(*arguments: str, folder: Path = PROJECT, **variables: str) -> str:
    """Run our Python, and return what it printed."""
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment_with(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution, built by what pyproject.toml names, without a network."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder))
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that it was installed into, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--disable-pip-version-check", "--no-deps", "--no-index", "--target", str(folder)]
    run("-m", "pip", "install", *options, str(wheel))
    return folder


def test_it_holds_all_of_chat_and_nothing_else(wheel: Path) -> None:
    held = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = (path for path in (PROJECT / "chat").rglob("*") if path.is_file())
    expected = {str(path.relative_to(PROJECT)) for path in files if path.suffix != ".pyc"}
    assert held == expected
    assert "chat/py.typed" in held


def test_chat_works_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    where = run(
        "-c", "import chat; print(chat.__file__)", folder=tmp_path, PYTHONPATH=str(installed)
    )
    assert Path(where.strip()) == installed / "chat" / "__init__.py"
    shown = run("-m", "chat", "--help", folder=tmp_path, PYTHONPATH=str(installed))
    assert shown.startswith("usage: python -m chat")


def normal(requirement: str) -> str:
    """The name in a requirement, as indexes have it."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def imported_distributions() -> Iterator[str]:
    """The distributions that the modules of chat import from, at whatever place in them."""
    known = packages_distributions()
    for path in (PROJECT / "chat").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for module in modules:
                package, _, rest = module.partition(".")
                if package == "livekit":
                    # Several distributions share this package.
                    yield {"rtc": "livekit", "api": "livekit-api"}[rest.partition(".")[0]]
                elif package in known and package != "chat":
                    yield from map(normal, known[package])


def test_it_needs_what_chat_imports_and_nothing_else() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(imported_distributions()) == set(map(normal, project["dependencies"]))


def test_one_python_is_the_oldest_everywhere() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = ".".join(map(str, OLDEST_PYTHON))
    assert project["requires-python"].startswith(f">={oldest},")
