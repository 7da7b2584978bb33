"""`python -m worker.devstack` runs the agent and what it needs; with --prepare it only sets up."""

import argparse

from worker.devstack.command_line import run_command
from worker.devstack.commands import Report
from worker.devstack.stack import prepare_stack, run_stack
from worker.settings import load_settings


def main() -> None:
    """Read the arguments and do what they say."""
    parser = argparse.ArgumentParser(prog="python -m worker.devstack", description=__doc__)
    parser.add_argument("--prepare", action="store_true", help="set up without starting anything")
    arguments = parser.parse_args()

    def command(report: Report) -> None:
        work = prepare_stack if arguments.prepare else run_stack
        work(load_settings(), report)

    run_command(command)


if __name__ == "__main__":
    main()
