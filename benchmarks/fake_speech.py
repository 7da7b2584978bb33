"""The fake speech service as a process of its own: ``python -m benchmarks.fake_speech``.

It prints its address as a line of JSON, and serves until it is ended. Whatever it is sent has the same
few words in it, at once. On SIGUSR1 it prints how much it has been sent.
"""

import json
import signal
import sys
import threading

from tests.doubles.speech import FakeSpeech, Sound

WORDS = "What did you say?"


def _print(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def _hear(_: Sound) -> str:
    return WORDS


def main() -> None:
    """Serve until the process is ended."""
    with FakeSpeech(_hear) as speech:
        signal.signal(signal.SIGUSR1, lambda *_: _print(sounds=len(speech.sounds)))
        _print(base_url=speech.base_url)
        threading.Event().wait()


if __name__ == "__main__":
    main()
