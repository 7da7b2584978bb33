"""What goes over the wire, kept as JSON files.

``clients`` has a file for each client: all that it sends for one message, and for an edit and a
deletion where it knows those; what must be received of it; and the dialect that it tells.
``replies`` has a file for each dialect: what goes out to its members at each step of one reply.
``services`` has a file for each odd answer of an OpenAI-compatible service; `ServiceSample` in
``service_sample`` says what is in one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Sample = dict[str, Any]


def load(folder: str) -> dict[str, Sample]:
    """All samples of a folder by their names."""
    files = sorted((Path(__file__).parent / folder).glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
