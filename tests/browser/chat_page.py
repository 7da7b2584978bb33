"""A person with a browser: types into a chat page and remembers all that it showed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from playwright.sync_api import ConsoleMessage, Locator, Page, TimeoutError, expect

ANSWER_LIMIT = 15.0
"""Seconds for a page to show what it is expected to, on a busy machine."""

RECORD_BUBBLES = """
(() => {
  let newest = "[]";
  window.recordedBubbles = [];
  const record = () => {
    const bubbles = [...document.querySelectorAll("li")].map((item) => ({
      author: item.querySelector("b").textContent,
      text: item.querySelector("p").textContent,
    }));
    const state = JSON.stringify(bubbles);
    if (state !== newest) window.recordedBubbles.push(bubbles);
    newest = state;
  };
  const changes = { subtree: true, childList: true, characterData: true };
  new MutationObserver(record).observe(document, changes);
})();
"""
"""Notes the list of bubbles each time that it changes, from before the page's own code runs."""


@dataclass(frozen=True)
class Bubble:
    """One message as the page shows it."""

    author: str
    text: str


class ChatPage:
    """One tab with one of the chat pages."""

    def __init__(self, page: Page, address: str, script: str = "") -> None:
        self.problems: list[str] = []
        """Errors that the page logged or did not catch."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.add_init_script(RECORD_BUBBLES)
        page.add_init_script(script)
        page.set_default_timeout(ANSWER_LIMIT * 1000)
        self._page = page
        self._address = address
        self.load()

    @property
    def input(self) -> Locator:
        """Where a message is typed; there only while the page takes messages."""
        return self._page.get_by_placeholder("Type a message")

    def load(self) -> None:
        """Open the page anew, as with the browser's reload button."""
        self._page.goto("about:blank")
        self._page.goto(self._address)

    def connect(self) -> None:
        """Join the room and wait for the chat box."""
        self._page.get_by_role("button", name="Connect", exact=True).click()
        expect(self.input).to_be_visible(timeout=ANSWER_LIMIT * 1000)

    def disconnect(self) -> None:
        """Leave the room and wait until the page has noticed."""
        self._page.get_by_role("button", name="Disconnect").click()
        connect = self._page.get_by_role("button", name="Connect", exact=True)
        expect(connect).to_be_visible(timeout=ANSWER_LIMIT * 1000)

    def wait_for_participant(self, name: str) -> None:
        """Wait until the page lists somebody as present."""
        status = self._page.get_by_role("status")
        expect(status).to_contain_text(name, timeout=ANSWER_LIMIT * 1000)

    def say(self, text: str) -> None:
        """Type a message, key by key, and send it."""
        self.input.press_sequentially(text, delay=5)
        self.input.press("Enter")

    def wait_until(self, condition: str) -> None:
        """Wait until an expression is true in the page."""
        self._page.wait_for_function(condition)

    def run(self, script: str) -> None:
        """Run a script in the page."""
        self._page.evaluate(script)

    def evaluate(self, expression: str) -> Any:
        """Return what an expression is in the page."""
        return self._page.evaluate(expression)

    def wait_for_text(self, text: str) -> None:
        """Wait for a bubble with exactly this text."""
        self._wait_for_bubble("p.textContent === text", text)

    def wait_for_beginning(self, text: str) -> None:
        """Wait for a bubble whose text begins with this."""
        self._wait_for_bubble("p.textContent.startsWith(text)", text)

    def _wait_for_bubble(self, condition: str, text: str) -> None:
        shown = f"text => [...document.querySelectorAll('li p')].some(p => {condition})"
        try:
            self._page.wait_for_function(shown, arg=text)
        except TimeoutError as error:
            bubbles, problems = self.bubbles(), self.problems
            raise AssertionError(f"no bubble with {text!r}: {bubbles=}, {problems=}") from error

    def bubbles(self) -> list[Bubble]:
        """Return what the page shows now, from top to bottom."""
        states = self._states()
        return states[-1] if states else []

    def most_bubbles(self) -> int:
        """Return how many bubbles there were at most at any moment."""
        return max(map(len, self._states()), default=0)

    def growth(self, author: str, nth: int = 0) -> list[str]:
        """Return all texts that one message went through.

        Args:
            author: The label of its bubble.
            nth: Which of the author's bubbles, from the top.
        """
        texts: list[str] = []
        for state in self._states():
            own = [bubble.text for bubble in state if bubble.author == author]
            if len(own) > nth and own[nth] not in texts[-1:]:
                texts.append(own[nth])
        return texts

    def _states(self) -> list[list[Bubble]]:
        recorded: list[list[dict[str, Any]]] = self._page.evaluate("window.recordedBubbles")
        return [[Bubble(**bubble) for bubble in state] for state in recorded]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(message.text)


class OpenChat(Protocol):
    """Opens a chat page in a browser profile of its own."""

    def __call__(self, page: str, *, person: str = "Ann", script: str = "") -> ChatPage:
        """Open it.

        Args:
            page: Which one.
            person: Who has it.
            script: What runs before the page's own code.
        """
        ...


def only_grows(texts: list[str]) -> bool:
    """Tell whether each text begins with the one before."""
    return all(later.startswith(earlier) for earlier, later in pairwise(texts))
