"""How commands are written: their descriptions, the options that all have, and values of options."""

from __future__ import annotations

import argparse
import os
import re
from datetime import timedelta
from typing import NoReturn, TypeAlias

from hati_core.cli.exits import Exit

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
_LAST_PORT = 65_535
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Misuse(SystemExit):
    """The command was written wrongly: ``usage`` says how it is written, the message what is wrong."""

    def __init__(self, usage: str, message: str) -> None:
        super().__init__(Exit.USAGE.value)
        self.usage = usage
        self.message = message


class Parser(argparse.ArgumentParser):
    """A parser that leaves it to the program to say what is wrong: as lines, or as a document.

    Raises:
        Misuse: the words are none of a command.
    """

    def error(self, message: str) -> NoReturn:
        raise Misuse(self.format_usage(), f"{self.prog}: error: {message}")


def add_parser(commands: Commands, name: str, description: str, examples: str) -> argparse.ArgumentParser:
    """A command with its description and examples, and the options that all have."""
    parser = commands.add_parser(
        name,
        description=description,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    common(parser)
    return parser


def common(parser: argparse.ArgumentParser) -> None:
    """Add the options that all commands have; what was said before the command counts unless said again."""
    unsaid = argparse.SUPPRESS
    parser.add_argument("--repo", metavar="PLACE", default=unsaid, help="the repository: a folder, or postgresql://…")
    parser.add_argument("--author", metavar="NAME", default=unsaid, help="who signs what is written")
    parser.add_argument("--json", action="store_true", default=unsaid, help="answer with one JSON document")


def author_of(chosen: argparse.Namespace) -> str | None:
    """Who signs: as said, else as ``HATI_AUTHOR`` says, else None for the user of this system."""
    return chosen.author or os.environ.get("HATI_AUTHOR") or None


def span(text: str) -> timedelta:
    """A time such as ``45m``, ``12h``, ``14d`` or ``2w``; for ``type=`` of an option."""
    match = re.fullmatch(r"(\d+)([mhdw])", text.strip().lower())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write a number and m, h, d or w, such as 14d")
    try:
        return int(match[1]) * _UNITS[match[2]]
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is longer than any calendar") from None


def port(text: str) -> int:
    """A port to serve on; 0 lets the system choose. For ``type=`` of an option."""
    if not text.isdigit() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to {_LAST_PORT}")
    return int(text)


def rows_limit(text: str) -> int:
    """How many rows to show; for ``type=`` of an option."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)
