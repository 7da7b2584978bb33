"""The chat pages of the browser tests: built when their sources change, served on loopback."""

from __future__ import annotations

import fcntl
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE / "dist"
INSTALLED = HERE / "node_modules/.package-lock.json"
"""Written by npm when it has installed everything."""


def build_pages(npm: str) -> None:
    """Install the locked packages and bundle the pages, as far as something changed."""
    packages = HERE / "package-lock.json"
    documentation = HERE.parents[1] / "docs" / "embedding.md"
    sources = [HERE / "build.mjs", HERE / "tsconfig.json", documentation, *HERE.glob("pages/*")]
    with packages.open() as file:
        # Processes that test at the same time wait for the one that builds.
        fcntl.flock(file, fcntl.LOCK_EX)
        _make(INSTALLED, from_=[packages], command=[npm, "ci"])
        _make(BUILT / ".built", from_=[INSTALLED, *sources], command=[npm, "run", "build"])


@contextmanager
def served_pages() -> Iterator[str]:
    """Serve the built pages and yield the address of their folder."""
    handler = partial(_QuietHandler, directory=str(BUILT))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            # Browsers offer microphones and random UUIDs to pages on loopback as to HTTPS ones.
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _make(target: Path, from_: Iterable[Path], command: Sequence[str]) -> None:
    """Run the command if the target is older than something that it is made from."""
    newest = max(source.stat().st_mtime for source in from_)
    if not target.exists() or target.stat().st_mtime < newest:
        subprocess.run(command, cwd=HERE, check=True)
        target.touch()
