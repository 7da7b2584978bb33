"""Whether a file of SQLite is safe where it is: file systems of a network lose or damage it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

UNSAFE: Mapping[int, str] = {
    0x6969: "NFS",
    0x517B: "SMB",
    0xFE534D42: "SMB",
    0xFF534D42: "CIFS",
    0x65735546: "FUSE or virtiofs",
    0x01021997: "9p",
    0x00C36400: "Ceph",
    0x5346414F: "AFS",
    0x73757245: "Coda",
    0x0BD00BD0: "Lustre",
    0x47504653: "GPFS",
}
"""What statfs(2) calls them. The programs that share a file need locks and memory of the same kernel."""

_BIGGER_THAN_STATFS = 512


def file_system_type(path: Path) -> int | None:
    """The type of the file system of a file or folder as Linux numbers it; None if it is not known."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    answer = ctypes.create_string_buffer(_BIGGER_THAN_STATFS)
    if libc.statfs(os.fsencode(path), answer) != 0:
        return None
    # The type is the first field, a long; of an unsigned number of 32 bits.
    return ctypes.c_ulong.from_buffer(answer).value & 0xFFFFFFFF


def unsafe_file_system(
    path: Path, type_of: Callable[[Path], int | None] = file_system_type
) -> str | None:
    """Name the file system that a file of SQLite must not be on.

    Args:
        path: The file, which may not exist yet.
        type_of: Asks for the type of a file system.

    Returns:
        Its name; None if it is safe, as far as is known.
    """
    number = type_of(path if path.exists() else path.parent)
    return None if number is None else UNSAFE.get(number)
