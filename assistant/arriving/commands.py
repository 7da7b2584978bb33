"""How people stop a reply: by typing ``/stop``, or by an RPC that a client's button can make."""

from __future__ import annotations

from collections.abc import Callable

from livekit import rtc

from assistant.conversation.stop import Stop

COMMAND = "/stop"

RPC_METHOD = "chat.stop"
"""RPC method of the agent. The payload is ignored; the caller's identity counts. The response is the
value of a `Stop`."""

NOT_ALLOWED = 403
"""Code of the RPC error for somebody who may not stop what is running."""


def is_stop(text: str) -> bool:
    """Whether a message is the command."""
    return text.strip().lower() == COMMAND


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
