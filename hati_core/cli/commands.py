"""The command line: which commands there are, and how one is run."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

from hati_core.cli.exits import MEANINGS, Exit, exit_of
from hati_core.cli.parsing import Misuse, Parser
from hati_core.cli.plain_json import dumped
from hati_core.cli.printing import note, say, visible
from hati_core.errors import HatiError
from hati_core.release import version

PROGRAM = "hati"
_INTERRUPTED = 130
_TRACEBACK = "HATI_TRACEBACK"


@dataclass(frozen=True)
class Command:
    """A command, what it is for, and the module of this package whose ``add_to`` describes it in full."""

    name: str
    module: str
    purpose: str


COMMANDS = (
    Command("init", "serving", "make a repository"),
    Command("branch", "branching", "list branches; create, show, rename, keep or restore one"),
    Command("diff", "differences", "how two branches, or two versions, differ: tables, rows and cells"),
    Command("log", "history", "the commits of a branch"),
    Command("merge", "merging", "merge a branch, list its conflicts, and settle them from a file"),
    Command("sync", "merging", "take what is new on main into a branch"),
    Command("revert", "reverting", "undo a commit or a merge, keeping what came later"),
    Command("discard", "tidying", "put branches away; “hati branch restore” brings one back"),
    Command("gc", "tidying", "remove what nobody needs any more"),
    Command("sql", "statements", "run SQL on a branch; what writes is one commit"),
    Command("import", "importing", "take a CSV, Excel or Parquet file into a table"),
    Command("export", "exporting", "write a table, a query or all tables to a file"),
    Command("app", "starting", "start the app in the browser"),
    Command("serve", "serving", "serve a repository to programs that speak to PostgreSQL"),
    Command("mcp", "agents", "let a program of yours work on branches, by the Model Context Protocol"),
    Command("move", "moving", "copy a repository from a folder to a PostgreSQL server"),
)
_DESCRIPTION = "Branch tables like code: try scenarios, compare what they are worth, merge the good one back."
_EXAMPLES = """examples:
  hati init
  hati import holdings.csv --table portfolio --key ticker
  hati branch create aggressive-growth
  hati sql -b aggressive-growth "UPDATE portfolio SET shares = shares * 2 WHERE ticker = 'AAPL'"
  hati diff aggressive-growth
  hati merge aggressive-growth

“hati COMMAND --help” says more, with examples."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns what the shell is told, as :class:`Exit` has it."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no “−” is no reason to fail.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        chosen = parser_for(words).parse_args(words)
        return _run(chosen)
    except Misuse as wrong:
        note(f"{wrong.usage}{visible(wrong.message)}")
        if "--json" in words:
            say(dumped({"error": "usage", "title": "The command was written wrongly", "message": wrong.message}))
        return Exit.USAGE
    except SystemExit as end:
        return int(end.code or 0)
    except BrokenPipeError:
        # Whoever read this has seen enough, and Python would complain once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except KeyboardInterrupt:
        note("Interrupted. What had been committed stays; nothing else was written.")
        return _INTERRUPTED


def parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the whole command line, in which only the command that is asked for is described in full."""
    parser = Parser(
        PROGRAM,
        description=_DESCRIPTION,
        epilog=f"{_EXAMPLES}\n\n{_exits()}\n\n{_ENVIRONMENT}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which version this is")
    parser.add_argument("--repo", metavar="PLACE", help="the repository: a folder, or postgresql://…?data=…")
    parser.add_argument("--author", metavar="NAME", help="who signs what is written")
    parser.add_argument("--json", action="store_true", help="answer with one JSON document on standard output")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    wanted = _wanted(words)
    module = next((command.module for command in COMMANDS if command.name == wanted), None)
    if module:
        import_module(f"hati_core.cli.{module}").add_to(commands)
    for command in COMMANDS:
        if command.module != module:
            commands.add_parser(command.name, help=command.purpose)
    return parser


class _Version(argparse.Action):
    """Looks the version up only where somebody asks for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        say(f"{PROGRAM} {version()}")
        parser.exit()


def _wanted(words: Sequence[str]) -> str | None:
    """The first word that is neither an option nor the value of one."""
    rest: Iterator[str] = iter(words)
    for word in rest:
        if word in ("--repo", "--author"):
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def _run(chosen: argparse.Namespace) -> int:
    try:
        code = int(chosen.run(chosen) or Exit.DONE)
        sys.stdout.flush()
        return code
    except HatiError as error:
        _tell(chosen, error.kind, error.title, error.message)
        return exit_of(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EIO, errno.EFBIG):
            return _unwritten(error)
        what = f": {error.filename}" if error.filename else ""
        _tell(chosen, "file", "A file cannot be used", f"{error.strerror or error}{what}")
    except UnicodeDecodeError:
        _tell(chosen, "file", "A file cannot be used", "It is no text in UTF-8. Save it as UTF-8 and try again.")
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        what = f"{type(error).__name__}: {error}. Set {_TRACEBACK}=1 to see where."
        _tell(chosen, "failure", "It failed inside", what)
    return Exit.ERROR


def _tell(chosen: argparse.Namespace, kind: str, title: str, message: str) -> None:
    note(visible(f"{title}. {message}"))
    if chosen.json:
        say(dumped({"error": kind, "title": title, "message": message}))


def _unwritten(error: OSError) -> int:
    """Say that what was found out cannot be written, which Python would say once more at the end."""
    note(visible(f"The answer cannot be written. {error.strerror or error}."))
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.ERROR


def _exits() -> str:
    return "exit codes:\n" + "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())


_ENVIRONMENT = """environment:
  HATI_HOME       the repository, where --repo does not say it; else .hati
  HATI_AUTHOR     who signs, where --author does not say it; else the user of this system
  HATI_TRACEBACK  where the program itself fails: show where"""
