"""`python -m worker.devstack` runs the agent and what it needs; with --prepare it only sets up."""

import argparse

from worker.devstack.command_line import run_command
from worker.devstack.commands import Report


def main() -> None:
    """Read the arguments and do what they say."""
    parser = argparse.ArgumentParser(prog="python -m worker.devstack", description=__doc__)
    parser.add_argument("--prepare", action="store_true", help="set up without starting anything")
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warn", "error"),
        help="the least of the agent's log that is shown (default: CHAT_LOG_LEVEL, or else info)",
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
