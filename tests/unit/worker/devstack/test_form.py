"""The fields of a form, whatever bytes they hold."""

from __future__ import annotations

import contextlib

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.devstack.form import read_form


def encoded(fields: dict[str, str], files: dict[str, bytes]) -> tuple[bytes, str]:
    """A form as OpenAI's client sends it, and its type."""
    request = httpx2.Request("POST", "http://x", data=fields, files=files)
    return request.read(), request.headers["Content-Type"]


@given(
    st.dictionaries(st.from_regex(r"[a-z_\[\]]{1,9}", fullmatch=True), st.text()),
    st.binary() | st.sampled_from([b"\r\n", b"\r\n--", b"--\r\n\r\n", b"\n\r\n\r\n"]),
)
def test_each_field_is_what_was_sent(fields: dict[str, str], file: bytes) -> None:
    fields.pop("file", None)
    body, content_type = encoded(fields, {"file": file})
    expected = {name: value.encode() for name, value in fields.items()}
    assert read_form(body, content_type) == {**expected, "file": file}


def test_names_come_with_and_without_quotes_in_any_header() -> None:
    body = (
        b"--b\r\nContent-Disposition: form-data; name=one\r\n\r\n1\r\n"
        b'--b\r\nContent-Type: a/b\r\ncontent-disposition: form-data; filename="x"; name="two"\r\n\r\n2'
        b"\r\n--b--\r\n"
    )
    for content_type in (
        "multipart/form-data; boundary=b",
        'multipart/form-data; Boundary="b"; x=y',
    ):
        assert read_form(body, content_type) == {"one": b"1", "two": b"2"}


@pytest.mark.parametrize(
    ("body", "boundary", "reason"),
    [
        (b"--b--", "", "nothing divides its parts"),
        (b"", "; boundary=b", "it has no end"),
        (b"--c--", "; boundary=b", "it has no end"),
        (b"--b\r\n\r\nx\r\n--b--", "; boundary=b", "a part has no name"),
        (
            b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
            "; boundary=b",
            "a part has no name",
        ),
    ],
)
def test_what_is_no_form_is_an_error(body: bytes, boundary: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_form(body, f"multipart/form-data{boundary}")


@given(st.data())
def test_a_form_that_was_cut_is_an_error(data: st.DataObject) -> None:
    body, content_type = encoded({"model": "m"}, {"file": b"sound"})
    end = data.draw(st.integers(0, len(body.rstrip()) - 2))
    with pytest.raises(ValueError, match="it has no end"):
        read_form(body[:end], content_type)


@given(st.binary(), st.text())
def test_any_bytes_are_a_form_or_an_error(body: bytes, content_type: str) -> None:
    with contextlib.suppress(ValueError):
        read_form(body, f"multipart/form-data; boundary={content_type}")
