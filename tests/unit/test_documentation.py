"""What the documents name is there: settings, pages and their sections, files, tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.devstack.paths import PROJECT
from worker.settings import Settings

DOCUMENTS = sorted(
    [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob(".github/*.md")]
)

document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda file: str(file.relative_to(PROJECT))
)


def prose(document: Path) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.M | re.S)


def links(document: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if not target.startswith(("http:", "https:")):
            yield target


def sections(document: Path) -> set[str]:
    """The fragments that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(document), flags=re.M)
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {each.replace(" ", "-") for each in words}


@document
def test_links_lead_to_a_file_and_a_section_that_exist(document: Path) -> None:
    for link in links(document):
        path, _, section = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not section or section in sections(target), link


@document
def test_files_that_are_named_exist(document: Path) -> None:
    pattern = r"`((?:agent|assistant|benchmarks|chat|docs|prompts|tests|worker)/[\w./*-]+)`"
    for name in re.findall(pattern, prose(document)):
        assert list(PROJECT.glob(name.rstrip("/"))), name


@document
def test_tests_that_are_named_exist(document: Path) -> None:
    sources = "".join(file.read_text("utf-8") for file in (PROJECT / "tests").rglob("*.py"))
    for name in re.findall(r"`(test_\w+)`", prose(document)):
        assert f"def {name}(" in sources, name


@pytest.mark.parametrize("setting", Settings.model_fields)
def test_every_setting_is_in_the_table_of_settings(setting: str) -> None:
    table = (PROJECT / "docs" / "configuration.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert any(f"`{setting.upper()}`" in row for row in rows)


def test_every_page_is_linked_in_the_readme() -> None:
    pages = {f"docs/{page.name}" for page in PROJECT.glob("docs/*.md")}
    assert pages <= set(links(PROJECT / "README.md"))
