"""Protobuf packets, if the installed SDK has the internals that they need."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)

try:
    from .protobuf_packets import ProtobufListener, ProtobufPacket, send_protobuf
except (ImportError, AttributeError) as error:
    SUPPORTED = False
    logger.warning(
        "this SDK does not support protobuf chat packets", extra={"cause": type(error).__name__}
    )
else:
    SUPPORTED = True
    """Whether the other names of this module exist."""

__all__ = ["SUPPORTED", "ProtobufListener", "ProtobufPacket", "send_protobuf"]
