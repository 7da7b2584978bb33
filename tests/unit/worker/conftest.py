"""What the tests of settings share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import worker.ignored_variables
import worker.settings
from tests.environment import SETTINGS


@pytest.fixture
def empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variables, no ``.env``, and nothing read or told earlier."""
    for variable in os.environ:
        if variable.startswith(SETTINGS):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(worker.ignored_variables.TOLD, raising=False)
    worker.settings.read_settings.cache_clear()
    yield
    worker.settings.read_settings.cache_clear()
    os.environ.pop(worker.ignored_variables.TOLD, None)
