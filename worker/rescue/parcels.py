"""Texts of any length in pieces that an RPC can carry. No I/O."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode

PIECE_CHARACTERS = 10_000
"""Characters of a piece. An RPC carries 15,360 bytes (livekit-server 1.13.5), and a piece is signed, which makes
it longer by a third."""


def pack(text: str) -> list[str]:
    """Return a text's pieces, for `Parcels.add`; at least one."""
    # Signing would make up to six characters of one that is not ASCII.
    data = b64encode(text.encode()).decode()
    pieces = [data[at : at + PIECE_CHARACTERS] for at in range(0, len(data), PIECE_CHARACTERS)]
    parcel = secrets.token_hex(4)
    count = len(pieces) or 1
    return [f"{parcel}.{number}.{count}.{piece}" for number, piece in enumerate(pieces or [""])]


class Parcels:
    """Puts the pieces of texts together, in any order; one may come twice."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._pieces: dict[str, dict[int, str]] = {}

    def add(self, piece: str) -> str | None:
        """Take a piece of `pack`. Returns the text once it is complete; what is not such a piece is ignored."""
        parcel, number, count, data = [*piece.split(".", 3), "", "", "", ""][:4]
        if not (number.isdecimal() and count.isdecimal()):
            return None
        pieces = self._pieces.setdefault(parcel, {})
        pieces[int(number)] = data
        if len(pieces) < int(count):
            return None
        del self._pieces[parcel]
        return b64decode("".join(pieces[at] for at in sorted(pieces))).decode()
