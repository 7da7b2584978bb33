"""A small model on loopback, used if no LLM is configured."""

import importlib.util
from dataclasses import dataclass

from worker.devstack.errors import StackError
from worker.devstack.local_service import LocalService
from worker.devstack.model_server import MODEL, find_model


@dataclass(frozen=True)
class LocalLlm(LocalService):
    """A running local model with OpenAI's chat completions API."""

    name = "local model"
    module = "worker.devstack.model_server"

    model: str = MODEL
    """What goes into CHAT_MODEL."""

    @classmethod
    def require_installed(cls) -> None:
        """See `LocalService`."""
        if find_model() is None or importlib.util.find_spec("xllamacpp") is None:
            raise StackError("the local model is not installed; run `make setup`")
