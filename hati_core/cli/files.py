"""Putting files where somebody said, without losing what is there."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hati_core.errors import ExportRefused

INPUTS = ("-", "/dev/stdin")
OUTPUTS = ("-", "/dev/stdout")
"""What stands for standard input and output instead of a file's name."""


def require_place(target: Path, *, may_replace: bool) -> None:
    """Check that a file can be put there.

    Raises:
        ExportRefused: there is no such folder, it is a folder itself, or a file is there that is to stay.
    """
    if not target.parent.is_dir():
        raise ExportRefused(f"There is no folder “{target.parent}” for “{target.name}”. Make it, or choose another.")
    if target.is_dir():
        raise ExportRefused(f"“{target}” is a folder. Add the name of a file to it.")
    if target.is_file() and not may_replace:
        raise ExportRefused(f"“{target}” is there already. Choose another name, or add --force.")


def stream(made: Path) -> None:
    """Write a file to standard output, and nothing else."""
    sys.stdout.flush()
    with made.open("rb") as content:
        shutil.copyfileobj(content, sys.stdout.buffer)
    sys.stdout.buffer.flush()


@contextmanager
def placed(target: Path) -> Iterator[Path]:
    """A file to write, which is put in its place in one step: whoever looks sees all of it, or what was there before.

    A link stays one, and what is no ordinary file, such as a pipe, is written to.

    Raises:
        OSError: it cannot be written; names the file that somebody said.
    """
    real = Path(os.path.realpath(target))
    beside = real.with_name(f".{real.name}.{os.getpid()}")
    is_special = real.exists() and not real.is_file()
    if is_special:
        beside = Path(tempfile.gettempdir(), beside.name)
    try:
        yield beside
        if is_special:
            with beside.open("rb") as made, real.open("wb") as out:
                shutil.copyfileobj(made, out)
        else:
            beside.replace(real)
    except OSError as error:
        # Whatever went wrong on the way, the file that somebody said is not there.
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        beside.unlink(missing_ok=True)
