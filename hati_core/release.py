"""Which version of this program is running."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """The version that was installed, such as ``0.1.0``; of a folder that nobody installed, ``unknown``."""
    try:
        return metadata.version("hati")
    except metadata.PackageNotFoundError:
        return "unknown"
