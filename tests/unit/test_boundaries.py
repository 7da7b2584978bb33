"""Who imports whom: the boundaries of AGENTS.md, read from the source, also where it is not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

import chat
from worker.devstack.paths import PROJECT

LLM = {"livekit.agents", "livekit.plugins", "openai"}
TOOLS = {"tests", "benchmarks"}

BANNED = {
    "chat": {"agent", "assistant", "prompts", "speech", "worker"} | LLM | TOOLS,
    "speech": {"agent", "assistant", "prompts", "worker"} | TOOLS,
    "assistant": {"agent", "worker"} | TOOLS,
    "worker": {"agent", "prompts"} | TOOLS,
    "worker/devstack": {"assistant", "chat", "speech"},
    "worker/hosting": {"assistant", "chat", "speech"},
    "worker/rescue": {"assistant", "speech", "worker.store", "worker.devstack"},
    "worker/serving": {"chat", "worker.devstack"},
    "worker/store": {"chat", "speech", "worker.devstack", "worker.hosting", "worker.serving"},
    "prompts": {"agent", "assistant", "chat", "speech", "worker"} | LLM | TOOLS,
    "agent.py": {"assistant", "chat", "prompts", "speech"} | TOOLS,
}
"""What a package, or a file of the project's root, must not import."""

OF_CHAT_IN_SPEECH = {"chat.OwnedTasks", "chat.failure_fields"}
"""What ``speech`` may use of ``chat``: they say nothing of messages."""

ROOMS_BELOW = {
    "handing_over": {"memory", "parts", "turns"},
    "arriving": {"conversation", "people", "speaking", "turns"},
    "conversation": {"answering", "memory", "people", "turns"},
    "answering": {"language_model", "memory", "people", "turns"},
    "memory": {"turns"},
    "speaking": {"people", "turns"},
    "people": {"turns"},
    "language_model": set[str](),
    "turns": set[str](),
}
"""The rooms of ``assistant``, and which others each may import."""

STORE_BELOW = {
    "conversations": {"database"},
    "ownership": {"database"},
    "preparation": {"database"},
    "database": set[str](),
}
"""The folders of ``worker/store``, and which others each may import; of its modules, none."""


def imports_of(source: str, package: str) -> Iterator[str]:
    """Every module, and every name out of a module, that source text of a package imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the package itself, each further one the package around.
            above = package.split(".")[: 1 - node.level or None] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imports(importer: str) -> dict[str, set[str]]:
    """What each file of a package imports, or a single file of the project's root."""
    root = PROJECT / importer
    files = [root] if root.is_file() else root.rglob("*.py")
    found = {}
    for file in files:
        path = file.relative_to(PROJECT)
        source = file.read_text(encoding="utf-8")
        found[str(path)] = set(imports_of(source, ".".join(path.parent.parts)))
    return found


def test_imports_are_found_however_they_are_written() -> None:
    source = """
import a.b, c
from d import e as f
def late():
    from .g import h
    from ..i import j
    from .. import k
"""
    expected = ["a.b", "c", "d.e", "x.y.g.h", "x.i.j", "x.k"]
    assert list(imports_of(source, "x.y")) == expected


@pytest.mark.parametrize("importer", BANNED)
def test_nothing_is_imported_across_a_boundary(importer: str) -> None:
    crossing = [
        f"{file} imports {name}"
        for file, names in imports(importer).items()
        for name in names
        if any(f"{name}.".startswith(f"{banned}.") for banned in BANNED[importer])
    ]
    assert not crossing, "\n".join(crossing)


@pytest.mark.parametrize("room", ROOMS_BELOW)
def test_the_rooms_of_the_assistant_import_downwards_only(room: str) -> None:
    allowed = {f"assistant.{below}." for below in {room, *ROOMS_BELOW[room]}}
    crossing = [
        f"{file} imports {name}"
        for file, names in imports(f"assistant/{room}").items()
        for name in names
        if f"{name}.".startswith("assistant.")
        and not any(f"{name}.".startswith(below) for below in allowed)
    ]
    assert not crossing, "\n".join(crossing)


@pytest.mark.parametrize("folder", STORE_BELOW)
def test_the_folders_of_the_store_import_downwards_only(folder: str) -> None:
    allowed = {f"worker.store.{below}." for below in {folder, *STORE_BELOW[folder]}}
    crossing = [
        f"{file} imports {name}"
        for file, names in imports(f"worker/store/{folder}").items()
        for name in names
        if f"{name}.".startswith("worker.store.")
        and not any(f"{name}.".startswith(below) for below in allowed)
    ]
    assert not crossing, "\n".join(crossing)


@pytest.mark.parametrize(
    ("package", "places"), [("assistant", ROOMS_BELOW), ("worker/store", STORE_BELOW)]
)
def test_every_folder_has_its_place(package: str, places: dict[str, set[str]]) -> None:
    folders = {init.parent.name for init in (PROJECT / package).glob("*/__init__.py")}
    assert folders == set(places)


@pytest.mark.parametrize("importer", ["assistant", "agent.py", "worker"])
def test_only_what_chat_exports_is_used_of_it(importer: str) -> None:
    exported = {f"chat.{name}" for name in chat.__all__}
    used = set().union(*imports(importer).values())
    assert {name for name in used if name.startswith("chat.")} <= exported


def test_speech_knows_nothing_of_messages() -> None:
    used = set().union(*imports("speech").values())
    assert {name for name in used if name == "chat" or name.startswith("chat.")} <= (
        OF_CHAT_IN_SPEECH
    )
