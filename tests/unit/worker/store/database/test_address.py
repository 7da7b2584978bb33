"""What CHAT_MEMORY may name, and that its password is shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.store.database.address import parse_address


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///memory.db", "memory.db"),
        ("sqlite:///data/memory.db", "data/memory.db"),
        ("sqlite:////var/lib/memory.db", "/var/lib/memory.db"),
    ],
)
def test_sqlite_is_a_file(text: str, path: str) -> None:
    address = parse_address(text)
    assert (address.kind, address.path, address.groups) == ("sqlite", Path(path), ("memory",))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_postgresql_is_its_drivers_url(scheme: str) -> None:
    address = parse_address(f"{scheme}://ada:pw@db.example:5433/chat?sslmode=require")
    assert address.url == "postgresql://ada:pw@db.example:5433/chat?sslmode=require"
    assert (address.kind, address.prepares_statements) == ("postgres", True)
    assert address.groups == ("memory", "postgres")


def test_a_pooler_has_nothing_prepared() -> None:
    address = parse_address("postgresql://a@b/c?sslmode=require&statement_cache_size=0")
    assert (address.url, address.prepares_statements) == (
        "postgresql://a@b/c?sslmode=require",
        False,
    )


@pytest.mark.parametrize(
    "text",
    [
        "memory.db",
        "sqlite://",
        "sqlite://memory.db",
        "sqlite:///",
        "sqlite:////data/",
        "sqlite:///:memory:",
        "sqlite:///memory.db?mode=ro",
        "mysql://ada:hidden@host/chat",
        "postgresql://ada:hidden@host",
        "postgresql://ada:hidden@host/",
        "postgresql:///chat",
        "postgresql://ada:hidden@host:port/chat",
        "postgresql://ada:hidden@[host/chat",
        "postgresql+asyncpg://ada:hidden@host/chat",
    ],
)
def test_anything_else_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be sqlite:///FILE or postgresql://") as refused:
        parse_address(text)
    assert "hidden" not in str(refused.value)
    # The error of whoever read the URL quotes it.
    assert refused.value.__context__ is None


@given(st.from_regex(r"[A-Za-z0-9._~-]{8,30}", fullmatch=True))
def test_its_text_shows_no_password(password: str) -> None:
    assert password not in repr(parse_address(f"postgresql://u:{password}@h/d"))
