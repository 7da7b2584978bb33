import pytest
from livekit import rtc

from chat.terminal.credentials import Credentials
from chat.terminal.trouble import explain_disconnection, explain_refusal

CREDENTIALS = Credentials("ws://host", "eyJhbGci.eyJ2aWRl.c2ln", "--token")
FAILURE = "engine: signal failure: "


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            FAILURE + "transport connection error: IO error: Connection refused (os error 111)",
            "Nothing is listening at ws://host. Is the LiveKit server running?",
        ),
        (
            FAILURE
            + "client error: 401 Unauthorized - invalid token: eyJhbGci.eyJ2aWRl.c2ln, error",
            "The LiveKit server at ws://host rejected the token. Check --token.",
        ),
        (
            FAILURE + "client error: 404 Not Found - 404 page not found\n",
            "The server at ws://host is not a LiveKit server.",
        ),
        (
            FAILURE + "transport connection error: IO error: failed to lookup address information: "
            "Name or service not known",
            "Host of ws://host not found.",
        ),
        (
            FAILURE + "failed to parse the url: relative URL without a base",
            "'ws://host' is not the URL of a LiveKit server, such as wss://example.com.",
        ),
        (
            FAILURE + "transport connection error: IO error: broken\nline eyJhbGci.eyJ2aWRl.c2ln",
            "Could not connect to ws://host: broken line (token).",
        ),
    ],
)
def test_a_refusal_is_one_line_without_the_token(error: str, said: str) -> None:
    assert explain_refusal(error, CREDENTIALS) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (rtc.DisconnectReason.ROOM_DELETED, "The room was closed."),
        (rtc.DisconnectReason.DUPLICATE_IDENTITY, "Another client joined with your identity."),
        (rtc.DisconnectReason.UNKNOWN_REASON, "The connection to the LiveKit server was lost."),
    ],
)
def test_a_lost_room_is_explained(reason: rtc.DisconnectReason.ValueType, said: str) -> None:
    assert explain_disconnection(reason) == said
