"""Time zones by name, the machine's own, and what is said of a wrong one."""

from __future__ import annotations

import importlib.resources
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.serving.choices import room_options
from worker.settings import Settings, load_settings
from worker.time_zones import find_zone, machine_zone

WRONG = ["Mars/Base", "Europe", "../etc/passwd", "/etc/localtime", "x" * 300, "CET-1CEST,M3.5.0"]


@pytest.fixture(autouse=True)
def without_time_zone(empty_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)


@pytest.fixture
def no_system_zones() -> Iterator[None]:
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath([])
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("no_system_zones")
def test_a_zone_is_found_where_the_system_has_none() -> None:
    assert importlib.resources.files("tzdata").is_dir()
    assert str(find_zone("Europe/Berlin")) == "Europe/Berlin"


@pytest.mark.parametrize("name", ["", "\0", *WRONG])
def test_what_is_no_zone_is_not_found(name: str) -> None:
    assert find_zone(name) is None


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_zone_is_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHAT_TIME_ZONE", name)
    with pytest.raises(SystemExit):
        load_settings()
    (line,) = capsys.readouterr().err.splitlines()
    said = "CHAT_TIME_ZONE must be the name of a time zone, such as Europe/Berlin, got "
    assert line.startswith(said + repr(name)[:20])


@pytest.mark.parametrize("variable", ["Asia/Tokyo", ":Asia/Tokyo"])
def test_the_machines_zone_is_what_the_environment_says(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", variable)
    assert str(machine_zone()) == "Asia/Tokyo"


def test_else_it_is_what_the_system_points_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    zone = tmp_path / "zoneinfo" / "Asia" / "Kolkata"
    zone.parent.mkdir(parents=True)
    zone.touch()
    (local := tmp_path / "localtime").symlink_to(zone)
    monkeypatch.setattr("worker.time_zones.LOCAL_TIME", str(local))
    assert str(machine_zone()) == "Asia/Kolkata"


def test_a_machine_may_have_no_name_for_its_zone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("worker.time_zones.LOCAL_TIME", str(tmp_path / "localtime"))
    assert machine_zone() is None
    monkeypatch.setenv("TZ", "CET-1CEST")
    assert machine_zone() is None


def test_rooms_are_told_the_time_of_the_chosen_zone_or_of_the_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    for settings, zone in [
        (Settings(), "Asia/Tokyo"),
        (Settings(chat_time_zone="Europe/Berlin"), "Europe/Berlin"),
    ]:
        dates = room_options(settings).dates
        assert dates is not None
        assert zone in dates.line(0.0)
