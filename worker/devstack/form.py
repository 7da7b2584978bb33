"""Reads forms as programs send files with them. No I/O.

aiohttp's own way warns of itself, depending on how the bytes arrive, or puts what is large into a file.
"""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r';\s*boundary="?([^";\s]+)', re.IGNORECASE)

_NAME = re.compile(rb'^content-disposition:.*;\s*name="?([^";\r\n]*)', re.IGNORECASE | re.MULTILINE)


def read_form(body: bytes, content_type: str) -> dict[str, bytes]:
    """Return what the fields of a form hold, by their names.

    Args:
        body: All of it.
        content_type: The header that says what its parts are divided by.

    Raises:
        ValueError: It is no form, or was cut.
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise ValueError("nothing divides its parts")
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())
    if not parts or not parts[-1].startswith(b"--"):
        raise ValueError("it has no end")
    return dict(map(_read_part, parts[:-1]))


def _read_part(part: bytes) -> tuple[str, bytes]:
    head, _, content = part.partition(b"\r\n\r\n")
    name = _NAME.search(head)
    if name is None:
        raise ValueError("a part has no name")
    return name[1].decode(errors="replace"), content
