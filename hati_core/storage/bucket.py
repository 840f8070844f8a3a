"""Parquet files in a bucket of S3, or of what speaks its protocol.

Credentials come from the environment, as for every program of AWS: ``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``, ``AWS_PROFILE``.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError

from hati_core.errors import RepositoryError, StorageUnavailable
from hati_core.quote import literal
from hati_core.storage.place import Stored

_REMOVED_AT_ONCE = 1000
"""What one request of S3 removes at most."""
_REASONS = {
    "NoSuchBucket": "there is no such bucket; make it, or correct the address",
    "AccessDenied": "these credentials may not do that; it takes the rights to list, read, write and delete objects",
    "InvalidAccessKeyId": "the access key is not known there; check AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "the credentials have expired; renew them and start again",
}


class Bucket:
    """A prefix of a bucket."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if not parts.netloc or "@" in parts.netloc or parts.query:
            raise RepositoryError(
                "The address of the bucket cannot be read. It has the form s3://bucket/prefix; "
                "credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)."
            )
        self._bucket = parts.netloc
        prefix = parts.path.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._told: tuple[str | None, ...] = ()
        self._telling = threading.Lock()

    @property
    def url(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    @cached_property
    def _session(self) -> Any:
        return boto3.Session()

    @cached_property
    def _client(self) -> Any:
        # Other endpoints than AWS's seldom have a host name for each bucket.
        plain = self._session.client("s3", region_name=self._region)
        if ".amazonaws.com" in plain.meta.endpoint_url:
            return plain
        return self._session.client("s3", region_name=self._region, config=Config(s3={"addressing_style": "path"}))

    @property
    def _region(self) -> str:
        return str(self._session.region_name or "us-east-1")

    def probe(self, *, create: bool) -> None:
        key = f"{self._prefix}probe-{uuid.uuid4().hex}"
        with self._explained():
            self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)
            self._client.put_object(Bucket=self._bucket, Key=key, Body=b"")
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def list(self) -> Sequence[Stored]:
        with self._explained():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            return [
                Stored(found["Key"].removeprefix(self._prefix), found["Size"], found["LastModified"].timestamp())
                for page in pages
                for found in page.get("Contents", ())
            ]

    def remove(self, files: Sequence[Stored]) -> None:
        names = [{"Key": self._prefix + file.name} for file in files]
        with self._explained():
            for first in range(0, len(names), _REMOVED_AT_ONCE):
                some = {"Objects": names[first : first + _REMOVED_AT_ONCE], "Quiet": True}
                failed = self._client.delete_objects(Bucket=self._bucket, Delete=some).get("Errors", ())
                for error in failed:
                    raise StorageUnavailable(
                        f"“{error['Key']}” in the bucket “{self._bucket}” cannot be removed: {error.get('Message')}."
                    )

    def take(self, file: Path, name: str) -> None:
        with self._explained():
            self._client.upload_file(str(file), self._bucket, self._prefix + name)

    def secrets(self) -> Sequence[str]:
        # DuckDB takes the environment's credentials as settings too, which are good for any bucket and can be read.
        forgotten = (
            f"SET GLOBAL {name} = ''" for name in ("s3_access_key_id", "s3_secret_access_key", "s3_session_token")
        )
        with self._telling:
            self._told = self._keys()
            return (self._secret(self._told), *forgotten)

    def renewal(self) -> str | None:
        with self._telling:
            keys = self._keys()
            if keys == self._told:
                return None
            self._told = keys
            return self._secret(keys)

    def _keys(self) -> tuple[str | None, ...]:
        """The key, its secret and its token as they are now: AWS renews those that expire."""
        with self._explained():
            found = self._session.get_credentials()
            if found is None:
                raise NoCredentialsError
            credentials = found.get_frozen_credentials()
        return credentials.access_key, credentials.secret_key, credentials.token

    def _secret(self, keys: tuple[str | None, ...]) -> str:
        settings = dict(zip(("KEY_ID", "SECRET", "SESSION_TOKEN"), keys, strict=True))
        settings |= {"REGION": self._region, "SCOPE": self.url}
        endpoint = urlsplit(self._client.meta.endpoint_url)
        if ".amazonaws.com" not in endpoint.netloc:
            settings |= {"ENDPOINT": endpoint.netloc + endpoint.path.rstrip("/"), "URL_STYLE": "path"}
        options = "".join(f", {name} {literal(value)}" for name, value in settings.items() if value)
        return f"CREATE OR REPLACE SECRET hati_data (TYPE s3{options}, USE_SSL {endpoint.scheme == 'https'})"

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except NoCredentialsError as error:
            raise self._unavailable(
                "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from error
        except EndpointConnectionError as error:
            raise self._unavailable(
                f"{self._client.meta.endpoint_url} cannot be reached; check AWS_ENDPOINT_URL and the network"
            ) from error
        except ClientError as error:
            told = error.response.get("Error", {})
            raise self._unavailable(_REASONS.get(told.get("Code", ""), str(told.get("Message") or error))) from error
        except (BotoCoreError, Boto3Error) as error:
            raise self._unavailable(str(error)) from error

    def _unavailable(self, reason: str) -> StorageUnavailable:
        return StorageUnavailable(f"The bucket “{self._bucket}” cannot be used: {reason}.")
