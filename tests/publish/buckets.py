"""A server that speaks S3, on loopback, and buckets in it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config

from pipeline.publish.s3 import Place, S3Store

_NUMBERS = itertools.count(1)
PART = 5 << 20  # the smallest that S3 takes


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address; forgets everything at the end."""
    from moto.s3.responses import S3Response
    from moto.server import ThreadedMotoServer

    put, turn = S3Response.put_object, threading.Lock()

    def put_in_turn(self: Any) -> Any:
        with turn:  # S3 compares and writes in one step; this server does not by itself
            return put(self)

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3Response, "put_object", put_in_turn)
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield f"http://{host}:{port}"
        finally:
            server.stop()


def client_of(address: str) -> Any:
    """A client with keys that such a server takes."""
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="sample",
        aws_secret_access_key="sample",
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def new_bucket(address: str) -> str:
    """The name of a bucket that nobody else uses."""
    name = f"city-{next(_NUMBERS)}"
    client_of(address).create_bucket(Bucket=name)
    return name


def store_in(address: str, bucket: str, prefix: str = "map/") -> S3Store:
    """A store of its own connection, with the smallest parts."""
    return S3Store(client_of(address), Place(bucket, prefix), PART)


def environment(patch: pytest.MonkeyPatch, address: str) -> None:
    """What the usual chain of boto3 finds the server with."""
    for name, value in credentials(address).items():
        patch.setenv(name, value)


def credentials(address: str) -> dict[str, str]:
    """The same, for processes."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "sample",
        "AWS_SECRET_ACCESS_KEY": "sample",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
