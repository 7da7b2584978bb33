"""Run the agent, with a local LiveKit server, LLM and speech if none are set."""

import argparse

from worker.devstack.command_line import run_command
from worker.devstack.commands import Report


def main() -> None:
    """Parse the arguments and run the command."""
    parser = argparse.ArgumentParser(prog="python -m worker.devstack", description=__doc__)
    parser.add_argument(
        "--prepare", action="store_true", help="install what is needed, without starting anything"
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warn", "error"),
        help="lowest level of the agent's log that is shown (default: CHAT_LOG_LEVEL, or info)",
    )
    arguments = parser.parse_args()

    def command(report: Report) -> None:
        # Imported here, where Ctrl-C is expected, and the settings first: the rest takes a second.
        from worker.settings import load_settings

        settings = load_settings()
        if arguments.log_level:
            settings = settings.model_copy(update={"chat_log_level": arguments.log_level})
        from worker.devstack.stack import prepare_stack, run_stack

        work = prepare_stack if arguments.prepare else run_stack
        work(settings, report)

    run_command(command)


if __name__ == "__main__":
    main()
