"""The agent, with an LLM that may take seconds instead of minutes. Run it as a module, from the project."""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

from livekit.agents import cli

from assistant.answering.text_agent import TextAgent
from assistant.language_model.generation import GenerationLimits
from worker.serving import create_server
from worker.settings import load_settings

IMPATIENT = GenerationLimits(first_token=1.0, gap=0.7, whole=4.0)
"""Long enough for an LLM that answers, on a busy machine."""

if __name__ == "__main__":
    with patch("assistant.room.TextAgent", partial(TextAgent, limits=IMPATIENT)):
        cli.run_app(create_server(load_settings()))
