"""What is used beyond public names is listed, and a worker comes up without any of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from enum import EnumType
from functools import reduce
from importlib import import_module
from inspect import getattr_static
from types import SimpleNamespace
from typing import Any

import pytest

import worker
from tests.unit.test_boundaries import imports
from worker.devstack.paths import PROJECT
from worker.hosting.features import FEATURES
from worker.settings import Settings

LISTED = sorted({i for feature in FEATURES for i in feature.internals}, key=repr)

OURS = ("agent.py", "assistant", "chat", "speech", "worker", "benchmarks")

NOT_FOR_USERS = tuple(
    f"livekit.agents.{module}."
    for module in ("ipc", "job", "telemetry", "utils", "voice", "worker")
)
"""Modules without an underscore whose names livekit-agents does not export."""

FOR_TYPES_ALONE = {
    "livekit.agents.ipc.job_proc_lazy_main._ShutdownInfo",
    "livekit.agents.ipc.proc_client._ProcClient",
}

NO_CHOICE = {
    "livekit.agents.voice.io.TextOutput",
}
"""What `AgentSession` takes as arguments: without these there is no session, as without itself."""

FRAMEWORK = {"livekit.agents.worker"}
"""What may use what was taken away from the others."""

NOT_OF_LIVEKIT = {"_coroutine_load_fnc", "_current_frames", "_exit"}
"""Of openrtc, which a peer in the benchmarks is made with, and of Python itself."""


def test_the_installed_packages_are_what_this_builds_on() -> None:
    misfits = [misfit for feature in FEATURES for misfit in feature.misfits]
    assert not misfits, "livekit-agents or livekit has changed:\n" + "\n".join(misfits)


def _is_internal(name: str) -> bool:
    private = any(part.startswith("_") for part in name.split("."))
    return name.startswith("livekit.") and (private or name.startswith(NOT_FOR_USERS))


@pytest.mark.parametrize("ours", OURS)
def test_every_internal_that_is_imported_is_listed(ours: str) -> None:
    listed = [f"{internal.module}.{internal.name}" for internal in LISTED]
    used = {name for names in imports(ours).values() for name in names if _is_internal(name)}
    unlisted = {
        name for name in used if not any(f"{each}.".startswith(f"{name}.") for each in listed)
    }
    assert unlisted <= FOR_TYPES_ALONE | NO_CHOICE


class _Private(ast.NodeVisitor):
    """The private attributes that source text uses, and those that it defines."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.defined: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> None:
        own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        stored = own and isinstance(node.ctx, ast.Store)
        self._note(node.attr, self.defined if stored else self.used)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._note(node.name, self.defined)
        self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name is ast's.

    def visit_Name(self, node: ast.Name) -> None:
        self._note(node.id, self.defined)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr"):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    self._note(argument.value, self.used)
        self.generic_visit(node)

    def _note(self, name: str, where: set[str]) -> None:
        if name.startswith("_") and not name.startswith("__"):
            where.add(name)


def test_every_private_attribute_of_others_is_listed() -> None:
    found = _Private()
    for ours in OURS:
        root = PROJECT / ours
        for file in [root] if root.is_file() else root.rglob("*.py"):
            found.visit(ast.parse(file.read_text(encoding="utf-8")))
    listed = {part for internal in LISTED for part in internal.name.split(".")}
    listed.update(*(internal.touches for internal in LISTED))
    assert found.used - found.defined - NOT_OF_LIVEKIT <= listed


@pytest.fixture
def imported_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The project's modules are imported again when they are next asked for."""
    mine = ("assistant", "chat", "speech", "worker.hosting", "worker.serving")

    def loaded() -> set[str]:
        return {n for n in sys.modules if any(f"{n}.".startswith(f"{m}.") for m in mine)}

    before = loaded()
    with monkeypatch.context() as modules:
        modules.delattr(worker, "hosting")
        modules.delattr(worker, "serving", raising=False)
        for name in before:
            modules.delitem(sys.modules, name)
        yield
        for name in loaded() - before:
            del sys.modules[name]


def _unheard_event() -> SimpleNamespace:
    """What the SDK makes of an event of its native side: no line for the log, with which it is done."""
    return SimpleNamespace(
        ParseFromString=lambda data: None,
        WhichOneof=lambda oneof: "logs",
        logs=SimpleNamespace(records=()),
    )


@pytest.fixture
def native_side_unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms of earlier tests may still end, and the SDK handles that with what is taken away here."""
    of_sdk = vars(import_module("livekit.rtc._proto.ffi_pb2"))
    stand_in = SimpleNamespace(**{**of_sdk, "FfiEvent": _unheard_event})
    monkeypatch.setattr("livekit.rtc._ffi_client.proto_ffi", stand_in)


def _take_away(module: str, name: str, patch: pytest.MonkeyPatch) -> None:
    *owners, member = name.split(".")
    owner: Any = reduce(getattr_static, owners, import_module(module))
    if member == "__init__":
        patch.setattr(owner, member, _without_parameters(vars(owner)[member]))
    elif isinstance(owner, EnumType):
        # A member cannot be deleted: all of it goes.
        patch.delattr(import_module(module), owners[0])
    else:
        for each in owner.__mro__ if owners else [owner]:
            if member in vars(each):
                patch.delattr(each, member)


def _without_parameters(initialize: Callable[..., None]) -> Callable[..., None]:
    """The same for livekit's own code; nobody else can know what it takes, or touches."""

    def wrapped(self: object, *args: object, **options: object) -> None:
        caller = sys._getframe(1).f_globals["__name__"]
        assert not options.keys() & {"preload_modules", "dev_default"} or caller in FRAMEWORK
        initialize(self, *args, **options)

    return wrapped


def _comes_up() -> None:
    serving = import_module("worker.serving")
    for isolation in ("shared", "process"):
        serving.create_server(Settings(chat_isolation=isolation))


@pytest.mark.usefixtures("native_side_unheard", "imported_anew")
@pytest.mark.parametrize(("module", "name"), sorted({(i.module, i.name) for i in LISTED}))
def test_a_worker_comes_up_without_an_internal_and_says_it_once(
    module: str, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        _take_away(module, name, patch)
        _comes_up()
        features = import_module("worker.hosting.features")
        features.warn_of_lost((*features.IN_EVERY_MODE, *features.IN_SHARED_PROCESS))
    warnings = [record for record in caplog.records if record.name == features.__name__]
    assert len(warnings) <= 1
    missing = f"{module}.{name.split('.')[0]}"
    for warning in warnings:
        assert vars(warning)["lost"]
        assert all(misfit.startswith(missing) for misfit in vars(warning)["missing"])
    of_chat = [record for record in caplog.records if record.name == "chat.protobuf"]
    assert len(of_chat) == (not import_module("chat.protobuf").SUPPORTED)
    assert warnings or of_chat
    assert len(caplog.records) == len(warnings) + len(of_chat)


@pytest.mark.usefixtures("native_side_unheard", "imported_anew")
@pytest.mark.parametrize(
    "module",
    sorted({internal.module for internal in LISTED if _is_internal(f"{internal.module}.")}),
)
def test_a_worker_comes_up_without_a_module(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        if any(name.startswith(f"{module}.") for name in NO_CHOICE):
            for listed in {i.name.split(".")[0] for i in LISTED if i.module == module}:
                patch.delattr(import_module(module), listed)
        else:
            patch.setitem(sys.modules, module, None)
        _comes_up()
