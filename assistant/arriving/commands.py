"""How people stop a reply: by typing ``/stop``, or by an RPC that a client's button can make."""

from __future__ import annotations

from collections.abc import Callable

import regex
from livekit import rtc

from assistant.conversation.stop import Stop

from .folding import fold
from .mention import names_of

COMMAND = "/stop"

RPC_METHOD = "chat.stop"
"""RPC method of the agent. The payload is ignored; the caller's identity counts. The response is the
value of a `Stop`."""

NOT_ALLOWED = 403
"""Code of the RPC error for somebody who may not stop what is running."""


LONGEST_COMMAND = 500
"""Characters beyond which a message is no command, so that long ones need not be looked through."""

_AROUND = r"\s\p{P}\p{S}--[/@?\N{ARABIC QUESTION MARK}]"
"""What may be around the command: white space, punctuation, symbols. With a question mark it is a
question."""

_INNER = regex.compile(rf"(?s)[{_AROUND}]*+(?P<inner>(?:.*[^{_AROUND}])?)", regex.V1)


def is_stop(text: str, name: str = "") -> bool:
    """Whether a message is the command, with nothing else but the agent's name before or after it.

    Args:
        text: The message.
        name: The agent's name, see `names_of`; empty for none.
    """
    if len(text) > LONGEST_COMMAND or COMMAND not in (folded := fold(text)):
        return False
    inner = _inner(folded)
    called = {form for name in names_of(name) for form in (name, _inner(name)) if form}
    return any(
        _inner(inner.removeprefix(address).removesuffix(address)) == COMMAND
        for address in ("", *called, *(sign + form for form in called for sign in ("@", "@ ")))
    )


def _inner(text: str) -> str:
    found = _INNER.match(text)
    return found["inner"] if found is not None else ""


class StopRpc:
    """The RPC method, for as long as a room is connected."""

    def __init__(self, participant: rtc.LocalParticipant, stop: Callable[[str], Stop]) -> None:
        """Answer calls from now on.

        Args:
            participant: The agent, connected.
            stop: Stops what the given identity may stop.
        """
        self._participant = participant
        self._stop = stop
        participant.register_rpc_method(RPC_METHOD, self._on_call)

    def close(self) -> None:
        """Answer no more calls."""
        self._participant.unregister_rpc_method(RPC_METHOD)

    async def _on_call(self, call: rtc.RpcInvocationData) -> str:
        result = self._stop(call.caller_identity)
        if result is Stop.REFUSED:
            raise rtc.RpcError(
                NOT_ALLOWED, "only the person who asked or a moderator can stop this reply"
            )
        return str(result.value)
