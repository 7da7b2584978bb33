import pytest

from benchmarks.scenarios import FAST, GENTLE, PACED, SLOW, STEADY, WARM_UP, Scenario, parse_request


@pytest.mark.parametrize("scenario", [PACED, FAST, STEADY, SLOW, GENTLE, WARM_UP])
def test_the_llm_understands_what_the_client_asks_for(scenario: Scenario) -> None:
    assert parse_request(scenario.request) == scenario


def test_other_messages_ask_for_no_scenario() -> None:
    assert parse_request("How are you?") is None


def test_titles_and_sizes() -> None:
    assert (PACED.title, PACED.chars) == ("200 tokens, 10 ms apart", 2200)
    assert Scenario(10, 500).title == "10 tokens, 0.5 ms apart"
    assert (STEADY.pace, STEADY.seconds) == (20, 5)
