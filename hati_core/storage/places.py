"""Which kind of place an address means."""

from __future__ import annotations

import os
from pathlib import Path

from hati_core.errors import RepositoryError
from hati_core.storage.folder import Folder
from hati_core.storage.place import Place

_SCHEMES = ("postgresql", "postgres")


def place_of(address: str | os.PathLike[str]) -> Place:
    """The place of an address: a folder's path, or the url of a PostgreSQL database.

    Raises:
        RepositoryError: the address cannot be read; the message shows no part of it that may be secret.
    """
    text = os.fspath(address)
    scheme, is_url, _ = text.partition("://")
    if not is_url:
        return Folder(Path(text))
    if scheme not in _SCHEMES:
        raise RepositoryError(
            f"Addresses that begin with “{scheme}://” are not known. Give the path of a folder, "
            "or postgresql://user@host/database?data=s3://bucket/prefix."
        )
    # Its driver and S3's are not needed, nor have to be installed, where repositories are folders.
    from hati_core.storage.server import Server

    return Server.at(text)
