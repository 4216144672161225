"""The command line: python -m ganbook train | sample | evaluate | doctor."""

import argparse
import sys

from ganbook.commands import doctor, evaluate, sample, train


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 1 after an error message of one line."""
    options = parser().parse_args(arguments)
    try:
        options.command(options)
    except (ValueError, FileNotFoundError, ImportError) as error:
        print(f"ganbook: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="ganbook", description="Train, sample from, judge, and look after models."
    )
    commands = top.add_subparsers(required=True, metavar="train | sample | evaluate | doctor")
    for command in (train, sample, evaluate, doctor):
        command.add(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
