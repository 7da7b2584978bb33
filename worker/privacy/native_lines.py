"""What may be shown of a line that native code printed: an allow-list of shapes. No I/O.

Each line is judged alone. Lines of several threads and processes come mixed, and a record's text can
hold line breaks, so that no line can be trusted to belong to the one before it.
"""

from __future__ import annotations

import re

from worker.privacy.known_native_lines import BEGINNINGS, CRASHES, CRATES, MODULES

HIDDEN = "[hidden]"
"""Takes the place of whatever is not known to be neutral."""

_COLOR = re.compile(r"\x1b\[[0-9;]*m")

_RECORD = re.compile(
    r"\[(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z) "
    r"(?P<level>ERROR|WARN|INFO|DEBUG|TRACE) +(?P<target>\w+(?:::\w+)*)\] (?P<text>.*)"
)
"""A record as Rust's env_logger writes it."""

_PANIC = re.compile(r"thread '.*?'(?: \(\d+\))? (?P<what>panicked at)(?P<at>.*)")
"""What Rust writes of a panic; its message is on the next line, and may quote anything."""

_RUST_FILE = re.compile(
    r" (?P<file>(?:/root/\.cargo/registry/src/(?:index\.crates\.io|github\.com)-[0-9a-f]{1,16}/"
    r"|/rustc/[0-9a-f]{40}/library/)?"
    r"(?:livekit[a-z_-]{0,30}|libwebrtc|webrtc-sys|std|core|alloc"
    r"|[a-z][a-z0-9_-]{0,40}-\d{1,6}\.\d{1,6}\.\d{1,6})"
    r"/src/(?:[a-z0-9_]+/){0,4}[a-z0-9_]+\.rs:\d{1,6}:\d{1,6}):",
    re.ASCII,
)
"""Where Rust code panicked, in the SDK or a package of it."""

_FATAL = re.compile(r"# Fatal error in: (?P<file>.*), line (?P<line>\d{1,6})", re.ASCII)
"""The first line of what WebRTC writes before it ends the process."""

_WEBRTC_FILE = re.compile(
    r"(?:\.\./)*(?:api|audio|call|common_audio|common_video|logging|media|modules|net|p2p|pc|rtc_base"
    r"|system_wrappers|video)/(?:[a-z0-9_]+/){0,6}[a-z0-9_]+\.(?:cc|h|mm)"
)


def neutral_line(line: str) -> str | None:
    """Return what may be shown of a line; None if that is nothing, not even that there was one.

    Args:
        line: The line, without its line break.
    """
    line = _COLOR.sub("", line).rstrip()
    if record := _RECORD.fullmatch(line):
        text = _beginning(record["text"], BEGINNINGS) or HIDDEN
        return f"[{record['time']} {record['level']:5} {_target(record['target'])}] {text}"
    if panic := _PANIC.fullmatch(line):
        where = _RUST_FILE.fullmatch(panic["at"])
        return f"native thread {panic['what']} {where['file'] if where else 'an unknown place'}: {HIDDEN}"
    if fatal := _FATAL.fullmatch(line):
        file = fatal["file"] if _WEBRTC_FILE.fullmatch(fatal["file"]) else HIDDEN
        return f"native fatal error in {file}, line {fatal['line']}"
    return _beginning(line, CRASHES)


def _beginning(text: str, known: tuple[str, ...]) -> str | None:
    """Return the longest known beginning of a text, marked if there is more; None if it has none."""
    found = max((each for each in known if text.startswith(each)), key=len, default=None)
    return found if found is None or found == text else f"{found}{HIDDEN}"


def _target(target: str) -> str:
    """Return a record's module as far as it is one that is known."""
    crate, *modules = target.split("::")
    if crate not in CRATES:
        return HIDDEN
    return "::".join([crate, *(each if each in MODULES else HIDDEN for each in modules)])
