"""The worker's settings, from the environment or ``.env``: read and checked in one place."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .ignored_variables import warn_of_what_is_ignored
from .refusal import refuse
from .time_zones import TimeZoneName
from .wrong_values import explain

ENV_FILE = ".env"
"""Read in the folder that the program runs in. The environment takes precedence."""

DEFAULT_MODEL = "gpt-4.1-mini"


class Settings(BaseSettings):
    """The settings, named like their variables in lower case."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", frozen=True)

    livekit_url: str | None = None
    """Where the LiveKit server is: ``ws://`` or ``wss://`` (``http`` and ``https`` also work)."""

    livekit_api_key: str | None = None
    """The server's API key."""

    livekit_api_secret: SecretStr | None = None
    """The secret that belongs to the key."""

    openai_api_key: SecretStr | None = None
    """Key of the LLM service; may be missing if `openai_base_url` needs none."""

    openai_base_url: str | None = None
    """An OpenAI-compatible service's URL, up to ``/v1``. None is OpenAI itself."""

    openai_speech_base_url: str | None = None
    """Another service for speech, with OpenAI's API for it. None is the LLM's service."""

    openai_speech_api_key: SecretStr | None = None
    """The key of the service for speech. None is the LLM's key, at the LLM's server alone."""

    chat_model: Annotated[str, Field(min_length=1)] = DEFAULT_MODEL
    """The LLM's name, as the service knows it."""

    chat_fallback_model: Annotated[str, Field(min_length=1)] | None = None
    """Another LLM of the same service, asked where the first one fails. None asks the first again."""

    chat_temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """How much chance there is in an answer. None leaves it to the service."""

    chat_reasoning_effort: Annotated[str, Field(min_length=1)] | None = None
    """How much the LLM thinks before it answers, in the service's word, such as ``low``. None leaves it
    to the service."""

    chat_max_answer_tokens: Annotated[int, Field(ge=1)] | None = None
    """The most tokens of an answer. None leaves it to the service."""

    chat_first_token_limit: Annotated[float, Field(ge=1)] = 60.0
    """Seconds that the LLM may take until it thinks or answers."""

    chat_gap_limit: Annotated[float, Field(ge=1)] = 30.0
    """Seconds from one piece of an answer to the next."""

    chat_thinking_limit: Annotated[float, Field(ge=1)] = 300.0
    """Seconds that the LLM may think before it goes on with its answer."""

    chat_reply_limit: Annotated[float, Field(ge=1)] = 600.0
    """Seconds that a whole reply may take."""

    chat_agent_name: str = ""
    """Name for explicit dispatch. Empty: the worker joins every new room by itself."""

    chat_display_name: Annotated[str, Field(min_length=1)] = "Assistant"
    """What people see as the agent's name."""

    chat_max_message_bytes: Annotated[int, Field(ge=1_000, le=1_000_000)] = 32 * 1024
    """Largest message that is read, in bytes of UTF-8."""

    chat_isolation: Literal["shared", "process"] = "shared"
    """Whether all rooms share the worker's process, or each has a process of its own."""

    chat_max_rooms: Annotated[int, Field(ge=1)] | None = None
    """Rooms that one worker takes at a time. None: as many as memory, cores and open files
    allow."""

    chat_max_turns: Annotated[int, Field(ge=1)] = 100
    """Replies that one process generates at a time; other turns wait for them. With ``process`` as
    `chat_isolation` each room has a process, and one turn at a time: `chat_max_rooms` is the limit."""

    chat_max_messages_per_minute: Annotated[int, Field(ge=1)] = 30
    """Messages of one person that are read in a minute."""

    chat_bot_turns: Annotated[int, Field(ge=0)] = 5
    """How often in a row somebody may answer the agent within half a second, which no person can do;
    more is treated as a bot, which is not answered. 0 answers everybody."""

    chat_max_waiting: Annotated[int, Field(ge=1)] = 40
    """Messages of a room that may wait to be answered."""

    chat_max_context_bytes: Annotated[int, Field(ge=1_000)] = 200_000
    """How much of a conversation the LLM sees, in bytes of a request; older turns are left out."""

    chat_time_zone: TimeZoneName | None = None
    """The time zone in which the LLM is told date and time, such as ``Europe/Berlin``. None is the
    machine's."""

    chat_overlap: Literal["auto", "interrupt", "collect", "queue"] = "auto"
    """What to do with messages that arrive during a reply; ``auto`` interrupts with one person in the
    room, and collects with several."""

    chat_e2ee_key: SecretStr | None = None
    """The key that all clients share in rooms with end-to-end encryption. None: rooms without."""

    chat_mention: Literal["auto", "always", "never"] = "auto"
    """When people must name the agent: with three or more in the room, with two or more, or never."""

    chat_greeting: str = ""
    """What the agent says to the first person who can see it. Empty: nothing."""

    chat_voice: Literal["off", "listen", "speak"] = "off"
    """Whether people can also speak to the agent, and whether it also speaks its replies."""

    chat_voice_pause: Annotated[float, Field(ge=0.3, le=10)] = 1.2
    """Seconds of silence after which somebody has finished speaking."""

    chat_voice_language: Annotated[str, Field(min_length=1)] | None = None
    """The language that people speak, such as ``de``. None has the service find out."""

    chat_stt_model: Annotated[str, Field(min_length=1)] = "gpt-4o-mini-transcribe"
    """The model that turns speech into text, as the service for speech knows it."""

    chat_tts_model: Annotated[str, Field(min_length=1)] = "gpt-4o-mini-tts"
    """The model that turns text into speech, as the service for speech knows it."""

    chat_tts_voice: Annotated[str, Field(min_length=1)] = "ash"
    """The voice that it speaks with, one of the model's."""

    chat_max_microphones: Annotated[int, Field(ge=1)] | None = None
    """Microphones that one process listens to at a time. None: four for each core."""

    chat_closing_grace: Annotated[float, Field(ge=0, le=60)] = 10.0
    """Seconds that a running reply may go on when the agent has to leave."""

    chat_memory: SecretStr | None = None
    """The database that keeps conversations: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
    None: they end with the process."""

    chat_memory_days: Annotated[int, Field(ge=0)] = 30
    """Days after which a conversation that nobody went on with is forgotten; 0 keeps it for ever."""

    chat_memory_scope: Literal["room", "person"] = "room"
    """Whether a conversation belongs to its room's name, or to the person who is alone with the agent."""

    chat_health_port: Annotated[int, Field(ge=0, le=65_535)] = 8081
    """Port of the health check in ``start``; 0 takes any free one."""

    chat_health_grace: Annotated[float, Field(ge=0)] = 30.0
    """Seconds without a registration at the LiveKit server after which the health check fails."""

    chat_log_level: Literal["debug", "info", "warn", "error"] = "info"
    """The lowest level that is logged; ``--log-level`` takes precedence."""

    chat_log_private: bool = False
    """Whether the log may hold what people say, their names and tokens: to find a fault, not for long."""

    @model_validator(mode="before")
    @classmethod
    def _ignore_blanks(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A variable that is set to nothing counts as not set, as in a copied ``.env.example``."""
        stripped = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
        return {k: v for k, v in stripped.items() if v != ""}


def load_settings() -> Settings:
    """Read the settings; exits with a line for each that is wrong."""
    settings, complaints = read_settings()
    if complaints:
        refuse(complaints)
    return settings


@cache
def read_settings() -> tuple[Settings, tuple[str, ...]]:
    """Read the settings, also where some of them are wrong.

    Warns of variables that look like settings and are none; exits where the file cannot be read.

    Returns:
        The settings, with the default in place of each wrong one; a line for each of these.
    """
    try:
        warn_of_what_is_ignored(ENV_FILE, [name.upper() for name in Settings.model_fields])
        return Settings(), ()
    except UnicodeDecodeError:
        refuse([f"{ENV_FILE} is not UTF-8; save it as UTF-8"])
    except OSError as error:
        refuse([f"{ENV_FILE} cannot be read: {error.strerror}"])
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    schemas = Settings.model_json_schema()["properties"]
    names = [str(each["loc"][0]) for each in wrong]
    complaints = (explain(schemas[n], n.upper(), e) for n, e in zip(names, wrong, strict=True))
    defaults = {name: Settings.model_fields[name].default for name in names}
    return Settings(**defaults), tuple(dict.fromkeys(complaints))
