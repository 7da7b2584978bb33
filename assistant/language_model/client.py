"""The HTTP client of an OpenAI-compatible service."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import httpx2
import openai
from openai.resources.chat import AsyncChat, AsyncCompletions

from .chunk_stream import ChunkStream
from .failure import CONNECTION, TIMEOUT, AnswerFailedError, Failure, origins_of
from .refusal import Refusal
from .refusal_body import read_refusal
from .request import LessonBook, Lessons, ModelChoices, acceptable

NO_KEY_NEEDED = "no-key-needed"
"""Sent where only a base URL is configured: self-hosted servers ask for no key, but the OpenAI
client insists on one."""

OPENAI_URL = "https://api.openai.com/v1"
"""Where OpenAI itself is."""

USUAL_PATH = "/v1"
"""The path of nearly all services, which people leave out of a base URL."""

COMPLETIONS = "/chat/completions"
"""The path of the one request that is made, which people leave at the end of a base URL."""

KEEP_ALIVE = 60.0
"""Seconds for which an idle connection is kept: about as long as a person takes to write again."""

CONNECTIONS = httpx2.Limits(
    max_connections=1000, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE
)

_OPENAI_HOSTS = (".openai.com", ".openai.azure.com", ".azure-api.net")
_LIVEKIT_HEADERS = "x-livekit-"

# Reading the certificates takes some 100 ms, for which an event loop would stand still: they are
# read while the process imports this, before it has rooms.
_TLS = httpx2.create_ssl_context()


class PlainCompletions(AsyncCompletions):
    """Makes requests that the service takes, and reads answers of every shape.

    The SDK would look in every field of every message for what is to be translated, by the types of
    all kinds of messages, which cost more than all else that it does for a request.
    """

    async def create(
        self,
        *,
        model: str,
        messages: Any,
        stream: Any = False,
        extra_body: Any = None,
        **options: Any,
    ) -> Any:
        """Ask for a completion, see `openai.resources.chat.AsyncCompletions.create`.

        Raises:
            AnswerFailedError: The service refused, or could not be reached.
        """
        client = cast(CompletionClient, self._client)
        sending = _request_options(options)
        fields = {name: value for name, value in options.items() if not _is_omitted(value)}
        wanted = {"model": model, "messages": messages, "stream": stream, **fields}
        body, lessons = client.prepare({**wanted, **(extra_body or {})})
        try:
            answer = await _send_again_if_dropped(
                lambda: client.post(
                    lessons.path + COMPLETIONS,
                    body=body,
                    options=sending,
                    cast_to=object,
                    stream=True,
                    stream_cls=ChunkStream,
                )
            )
        except openai.APIStatusError as error:
            failure = client.explain(_refusal(error), body, lessons, messages)
            raise AnswerFailedError(failure) from None
        except openai.APIConnectionError as error:
            # Over aiohttp a connection that is refused or cut comes out as a timeout too.
            raise AnswerFailedError(
                TIMEOUT if _is_caused_by(error, TimeoutError) else CONNECTION
            ) from error
        answer.tools = [name for tool in body.get("tools", ()) if (name := _name_of(tool))]
        answer.on_refusal = lambda refusal: client.explain(refusal, body, lessons, messages)
        answer.on_no_answer = lambda failure: client.look_elsewhere(failure, model, lessons)
        return answer


class PlainChat(AsyncChat):
    """The SDK's chat, with `PlainCompletions`."""

    @cached_property
    def completions(self) -> PlainCompletions:
        """See `openai.resources.chat.AsyncChat.completions`."""
        return PlainCompletions(self._client)


class CompletionClient(openai.AsyncOpenAI):
    """The SDK's client, for services that differ from OpenAI's."""

    def __init__(self, choices: ModelChoices, **options: Any) -> None:
        """Create it.

        Args:
            choices: What is asked of the model beyond an answer.
            options: See `openai.AsyncOpenAI`.
        """
        super().__init__(**options)
        # The SDK takes them from the shell, where they belong to other programs.
        self.organization = self.project = None
        self._choices = choices
        self._book = LessonBook()

    @cached_property
    def chat(self) -> PlainChat:
        """See `openai.AsyncOpenAI.chat`."""
        return PlainChat(self)

    def prepare(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], Lessons]:
        """Make a request's body acceptable. Returns it, and what is known of its model."""
        lessons = self._book.of(body["model"])
        host = f".{self.base_url.host}"
        is_openai = host.endswith(_OPENAI_HOSTS)
        return acceptable(body, self._choices, lessons, is_openai=is_openai), lessons

    def explain(
        self, refusal: Refusal, body: Mapping[str, Any], lessons: Lessons, messages: Any
    ) -> Failure:
        """Say what a refusal stands for, and learn from it, see `LessonBook.explain`."""
        failure = self._book.explain(refusal, body, lessons, messages)
        if refusal.is_elsewhere:
            failure = self.look_elsewhere(failure, body["model"], lessons)
        return failure

    def look_elsewhere(self, failure: Failure, model: str, lessons: Lessons) -> Failure:
        """Try the usual path next if the base URL has none, and no API was found there."""
        if failure.learned or self.base_url.path.strip("/"):
            return failure
        if lessons.path:
            # It is not there either. What was wrong is something else.
            self._book.learn_path(failure, "", model, lessons)
            return failure
        return self._book.learn_path(failure, USUAL_PATH, model, lessons)


def create_connections() -> httpx2.AsyncClient:
    """Build what clients of one event loop share: their connections. Call it there."""
    # Over aiohttp a chunk costs less CPU than over httpx, and rooms get it sooner.
    return openai.DefaultAioHttpClient(verify=_TLS, limits=CONNECTIONS)


def create_client(
    api_key: str | None,
    base_url: str | None,
    choices: ModelChoices | None = None,
    connections: httpx2.AsyncClient | None = None,
) -> CompletionClient:
    """Build a client. Call it in the event loop that will use it, and ``close`` it in the end.

    Args:
        api_key: None for a service that needs none.
        base_url: None for OpenAI itself.
        choices: What is asked of the model beyond an answer.
        connections: Those that it uses, and closes in the end; None makes some.
    """
    return CompletionClient(
        choices or ModelChoices(),
        api_key=api_key or NO_KEY_NEEDED,
        base_url=service_url(base_url),
        # Retrying is the agent's: it knows whether text was already shown.
        max_retries=0,
        http_client=connections or create_connections(),
    )


def service_url(base_url: str | None) -> str:
    """Where a service is, without the path of a request, which people copy with it."""
    if base_url is None or not base_url.strip():
        return OPENAI_URL
    url = urlsplit(base_url.strip())
    path = url.path.rstrip("/").removesuffix(COMPLETIONS)
    return url._replace(path=path, query=url.query, fragment="").geturl()


def _request_options(options: dict[str, Any]) -> Any:
    """Take out of the options of a request what does not go into its body."""
    headers = options.pop("extra_headers", None) or {}
    query, limit = options.pop("extra_query", None), options.pop("timeout", openai.NOT_GIVEN)
    # They name rooms and jobs, and one is a credential.
    kept = {k: v for k, v in headers.items() if not k.lower().startswith(_LIVEKIT_HEADERS)}
    return {"headers": kept, "timeout": limit, **({"params": query} if query else {})}


def _name_of(tool: Mapping[str, Any]) -> str:
    function = tool.get("function") or {}
    return str(function.get("name") or "")


def _is_omitted(value: object) -> bool:
    return isinstance(value, (openai.Omit, openai.NotGiven))


def _refusal(error: openai.APIStatusError) -> Refusal:
    body = error.body if error.body is not None else error.response.text
    return read_refusal(error.status_code, body, _retry_after(error.response.headers))


def _retry_after(headers: Mapping[str, str]) -> str | None:
    """The header of that name in seconds, though it may also be a date."""
    wanted = headers.get("retry-after")
    try:
        date = parsedate_to_datetime(wanted or "")
    except ValueError:
        return wanted
    return str(date.timestamp() - time.time())


async def _send_again_if_dropped(
    send: Callable[[], Coroutine[Any, Any, ChunkStream]],
) -> ChunkStream:
    """Send a request, on another connection if the first one turns out to be closed.

    A server may close a connection that is kept for the next request at the moment when that is sent.
    """
    try:
        return await send()
    except openai.APIConnectionError as error:
        if not _is_caused_by(error, aiohttp.ServerDisconnectedError):
            raise
        return await send()


def _is_caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(each, kind) for each in (error, *origins_of(error)))
