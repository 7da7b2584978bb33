"""Events whose handlers may be coroutines: each is owned until it ends, and none can hurt another."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from livekit.rtc.event_emitter import EventEmitter

from .failures import failure_fields
from .tasks import OwnedTasks

logger = logging.getLogger(__name__)

Event = TypeVar("Event", contravariant=True)
Handler = Callable[..., Any]


class ChatEvents(EventEmitter[Event]):
    """The SDK's event emitter, with coroutine functions allowed as handlers.

    A handler that raises is logged, and the other handlers run all the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self._wrappers: dict[tuple[Any, Handler], Handler] = {}
        self._handler_tasks = OwnedTasks()

    def on(self, event: Event, callback: Handler | None = None) -> Handler:
        """Call `callback`, a function or a coroutine function, whenever `event` comes.

        Without `callback` it returns a decorator.
        """
        if callback is None:
            return lambda decorated: self.on(event, decorated)
        self._register(event, callback, lambda: None)
        return callback

    def once(self, event: Event, callback: Handler | None = None) -> Handler:
        """Like `on`, for the next such event only."""
        if callback is None:
            return lambda decorated: self.once(event, decorated)
        self._register(event, callback, lambda: self.off(event, callback))
        return callback

    def off(self, event: Event, callback: Handler) -> None:
        """Stop calling `callback` for `event`; unknown callbacks are ignored."""
        wrapper = self._wrappers.pop((event, callback), None)
        if wrapper is not None:
            super().off(event, wrapper)

    def _register(self, event: Event, callback: Handler, before: Callable[[], None]) -> None:
        takes_arguments = bool(inspect.signature(callback).parameters)

        def wrapper(*args: Any) -> None:
            before()
            self._call(callback, args if takes_arguments else ())

        self.off(event, callback)
        self._wrappers[event, callback] = wrapper
        super().on(event, wrapper)

    def _call(self, callback: Handler, args: tuple[Any, ...]) -> None:
        try:
            result = callback(*args)
        except Exception as error:  # noqa: BLE001  # It is logged, without its words.
            logger.error("chat handler failed", extra=failure_fields(error))
            return
        if inspect.iscoroutine(result):
            self._handler_tasks.spawn(result, "chat handler")
