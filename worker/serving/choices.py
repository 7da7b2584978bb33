"""The settings, as the values that the assistant takes."""

from __future__ import annotations

from livekit import rtc

from assistant import (
    Dates,
    GenerationLimits,
    LanguageModel,
    Limits,
    Mention,
    ModelChoices,
    Overlap,
    RoomOptions,
    VoiceMode,
)
from worker.settings import Settings
from worker.time_zones import find_zone, machine_zone


def language_model(settings: Settings) -> LanguageModel:
    """Return the LLM's client. Call it in the event loop that uses it."""
    key = settings.openai_api_key
    return LanguageModel(
        model=settings.chat_model,
        api_key=key.get_secret_value() if key is not None else None,
        base_url=settings.openai_base_url,
        fallback_model=settings.chat_fallback_model,
        choices=ModelChoices(
            temperature=settings.chat_temperature,
            reasoning_effort=settings.chat_reasoning_effort,
            max_answer_tokens=settings.chat_max_answer_tokens,
        ),
    )


def encryption(settings: Settings) -> rtc.E2EEOptions | None:
    """Return how rooms are encrypted end to end; None if they are not."""
    key = settings.chat_e2ee_key
    if key is None:
        return None
    shared = key.get_secret_value().encode()
    return rtc.E2EEOptions(key_provider_options=rtc.KeyProviderOptions(shared_key=shared))


def room_options(settings: Settings) -> RoomOptions:
    """Return the options of every room."""
    overlap, zone = settings.chat_overlap, settings.chat_time_zone
    return RoomOptions(
        agent_name=settings.chat_display_name,
        overlap=None if overlap == "auto" else Overlap(overlap),
        mention=Mention(settings.chat_mention),
        greeting=settings.chat_greeting,
        voice=VoiceMode(settings.chat_voice),
        voice_pause=settings.chat_voice_pause,
        closing_grace=settings.chat_closing_grace,
        max_message_bytes=settings.chat_max_message_bytes,
        generation=GenerationLimits(
            first_token=settings.chat_first_token_limit,
            gap=settings.chat_gap_limit,
            thinking=settings.chat_thinking_limit,
            whole=settings.chat_reply_limit,
        ),
        dates=Dates(machine_zone() if zone is None else find_zone(zone)),
        limits=Limits(
            messages_per_minute=settings.chat_max_messages_per_minute,
            bot_turns=settings.chat_bot_turns,
            waiting=settings.chat_max_waiting,
            context_bytes=settings.chat_max_context_bytes,
        ),
    )
