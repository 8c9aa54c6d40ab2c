"""A bucket as a store: S3 and what speaks its language (MinIO, Ceph, …), by path style, through boto3.

Every upload carries its sha256, which the server compares (`x-amz-checksum-sha256`), and keeps it as metadata, so that
a later run can tell what is there without reading it. Files above one part go up in parts; an upload that was
interrupted is found again, and parts that are there are not sent again. Retries are `retry.py`'s; botocore's own are
switched off.

Source: Amazon S3 API reference (PutObject with If-Match and If-None-Match, UploadPart, ListParts).
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pipeline.errors import InputError, OutputError, UsageError
from pipeline.i18n import _
from pipeline.publish.store import BLOCK, About, Condition, Entry, Opened, Unavailable, altered, conflict, missing

PART_BYTES = 8 << 20
_SMALLEST_PART = 5 << 20  # S3's own limit, the last part apart
_MOST_PARTS = 10_000  # S3's own limit
_PART_THREADS = 4  # of one file: 8 files at once take 8 × 4 × 8 MiB
_SHA256 = "sha256"  # the name of the metadata
_BUSY = frozenset({"SlowDown", "RequestTimeout", "RequestTimeoutException", "InternalError", "ServiceUnavailable"})
_BUSY_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


Uploads = tuple[str, ...]  # the ids of interrupted uploads of one file, oldest first


class Place(NamedTuple):
    """Where in S3: the bucket, and what every key starts with ("" or "…/")."""

    bucket: str
    prefix: str


def place_of(target: str) -> Place:
    """The bucket and prefix of ``s3://bucket/prefix``. Raises UsageError."""
    parts = urlsplit(target)
    prefix = parts.path.strip("/")
    if parts.scheme != "s3" or not parts.hostname or parts.query or parts.fragment or "//" in prefix:
        raise UsageError(
            _("this is no address of a bucket: {target}").format(target=target), expected="s3://bucket/prefix"
        )
    return Place(parts.netloc, prefix + "/" if prefix else "")


def part_size(size: int, part_bytes: int = PART_BYTES) -> int:
    """Bytes of a part of a file of `size` bytes; the same for every run, or nothing could be resumed."""
    least = -(-size // _MOST_PARTS)
    return max(part_bytes, -(-least // BLOCK) * BLOCK)


class S3Store:
    """The keys of a bucket below a prefix. `requests` counts what was sent, by operation."""

    def __init__(self, client: Any, place: Place, part_bytes: int = PART_BYTES) -> None:
        if part_bytes < _SMALLEST_PART:
            raise UsageError(_("a part must have 5 MiB at least"))
        self._client = client
        self._place = place
        self._part_bytes = part_bytes
        self._unfinished: dict[str, Uploads] | None = None
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self.requests: Counter[str] = Counter()
        client.meta.events.register("before-send.s3", self._count)

    @classmethod
    def connect(cls, target: str, *, connections: int = 40, seconds: float = 60.0) -> S3Store:
        """The store at ``s3://bucket/prefix``, with credentials and endpoint by the usual chain of boto3.

        Raises UsageError where the address is none or no credentials are found.
        """
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        config = Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            max_pool_connections=connections,
            connect_timeout=min(seconds, 10.0),
            read_timeout=seconds,
            # By default botocore sends checksums as trailers, which many that speak S3 do not know.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        place = place_of(target)
        try:
            session = boto3.session.Session()
            region = session.region_name or "us-east-1"  # what those that are not Amazon's take
            client = session.client("s3", config=config, region_name=region)
            found = session.get_credentials()
        except (BotoCoreError, ValueError) as error:
            raise UsageError(_("no connection can be made: {reason}").format(reason=error), where=target) from error
        if found is None:
            raise UsageError(
                _("no credentials for the bucket were found"),
                where=target,
                hint=_(
                    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; elsewhere than at Amazon "
                    "AWS_ENDPOINT_URL too"
                ),
            )
        return cls(client, place)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """A thousand per request; the sha256 of none."""
        key = self._place.prefix + prefix
        token: Mapping[str, str] = {}
        while True:
            page = self._ask("list_objects_v2", prefix, Prefix=key, **token)
            for found in page.get("Contents", ()):
                path = found["Key"][len(self._place.prefix) :]
                if path and not path.endswith("/"):  # some tools make keys for folders
                    changed = found["LastModified"].timestamp()
                    yield Entry(path, found["Size"], found["ETag"].strip('"'), changed=changed)
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def read(self, path: str, start: int = 0, length: int | None = None) -> Opened:
        """One request, read as it comes."""
        asked: dict[str, str] = {}
        if length == 0:
            entry = self.about(path)
            if entry is None:
                raise missing(path)
            return Opened(entry.etag, entry.bytes, iter(()))
        if start or length is not None:
            asked["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"
        try:
            answer = self._ask("get_object", path, Key=self._key(path), **asked)
        except _BeyondTheEnd:
            entry = self.about(path)
            if entry is None:
                raise missing(path) from None
            return Opened(entry.etag, entry.bytes, iter(()))
        whole = int(answer.get("ContentRange", "").rpartition("/")[2] or answer["ContentLength"])
        return Opened(answer["ETag"].strip('"'), whole, _blocks(path, answer["Body"], answer["ContentLength"]))

    def write(self, path: str, source: Path | bytes, about: About, condition: Condition | None = None) -> str:
        """One request, or one per part and three more."""
        asked = {
            "Key": self._key(path),
            "ContentType": about.type,
            "CacheControl": about.cache,
            "Metadata": {_SHA256: about.sha256},
        }
        held = {}
        if condition is not None:
            held = {"IfNoneMatch": "*"} if condition.etag is None else {"IfMatch": f'"{condition.etag}"'}
        if isinstance(source, bytes):
            return self._put(path, source, about, {**asked, **held})
        number = os.open(source, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(number, "rb") as file:
            size = os.fstat(number).st_size
            if size <= self._part_bytes:
                return self._put(path, file.read(), about, {**asked, **held})
            return self._put_parts(path, source, size, about, asked, held)

    def delete(self, path: str) -> None:
        """Two requests at most: the file, and an upload of it that was interrupted."""
        self._ask("delete_object", path, Key=self._key(path))
        for upload in self._forget(path):
            self._abort(path, upload)

    def about(self, path: str) -> Entry | None:
        """One request; the sha256 is that of the metadata."""
        try:
            answer = self._ask("head_object", path, Key=self._key(path))
        except InputError:
            return None
        return Entry(path, answer["ContentLength"], answer["ETag"].strip('"'), answer.get("Metadata", {}).get(_SHA256))

    def is_public(self) -> bool | None:
        """Whether anybody may read the bucket, by its policy or list of rights; None where it does not tell us."""
        told: list[bool] = []
        for ask in (self._public_policy, self._public_rights):
            try:
                told.append(ask())
            except OutputError:
                continue
        return True if any(told) else False if len(told) == 2 else None

    def allow_origins(self, origins: Sequence[str]) -> None:
        """Replace the bucket's CORS rules by one that lets pages of these origins read parts of archives."""
        self._ask("put_bucket_cors", "", CORSConfiguration={"CORSRules": [cors_rule(origins)]})

    def _public_policy(self) -> bool:
        try:
            return bool(self._ask("get_bucket_policy_status", "")["PolicyStatus"]["IsPublic"])
        except InputError:
            return False  # NoSuchBucketPolicy

    def _public_rights(self) -> bool:
        grants = self._ask("get_bucket_acl", "")["Grants"]
        return any(str(grant.get("Grantee", {}).get("URI", "")).endswith(_EVERYBODY) for grant in grants)

    def _put(self, path: str, data: bytes, about: About, asked: Mapping[str, Any]) -> str:
        if hashlib.sha256(data).hexdigest() != about.sha256:
            raise altered(path)
        checksum = base64.b64encode(bytes.fromhex(about.sha256)).decode()
        answer = self._ask("put_object", path, Body=data, ChecksumSHA256=checksum, **asked)
        return str(answer["ETag"]).strip('"')

    def _put_parts(
        self, path: str, source: Path, size: int, about: About, asked: Mapping[str, Any], held: Mapping[str, Any]
    ) -> str:
        """Send the parts that are not there yet, several at once, and put them together."""
        step = part_size(size, self._part_bytes)
        if sha256_of(source) != about.sha256:
            raise altered(path)
        upload, there = self._resume(path, asked)

        def send(number: int) -> dict[str, Any]:
            with source.open("rb") as file:
                file.seek((number - 1) * step)
                data = file.read(step)
            checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
            known = there.get(number)
            if known is not None and known["Size"] == len(data) and _same(known, data, checksum):
                return {"PartNumber": number, "ETag": known["ETag"], "ChecksumSHA256": checksum}
            answer = self._ask(
                "upload_part", path, Key=asked["Key"], UploadId=upload, PartNumber=number, Body=data,
                ChecksumSHA256=checksum,
            )  # fmt: skip
            return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

        with ThreadPoolExecutor(_PART_THREADS) as threads:
            parts = list(threads.map(send, range(1, -(-size // step) + 1)))
        answer = self._ask(
            "complete_multipart_upload",
            path,
            Key=asked["Key"],
            UploadId=upload,
            MultipartUpload={"Parts": parts},
            **held,
        )
        self._forget(path)
        return str(answer["ETag"]).strip('"')

    def _resume(self, path: str, asked: Mapping[str, Any]) -> tuple[str, Mapping[int, Mapping[str, Any]]]:
        """An upload to go on with, and the parts that it has; those that it is not are given up."""
        known = self._forget(path)
        for upload in known[:-1]:
            self._abort(path, upload)
        if known:
            try:
                parts = {part["PartNumber"]: part for part in self._parts(path, known[-1])}
            except InputError:
                pass  # somebody gave it up meanwhile
            else:
                self._remember(path, known[-1])
                return known[-1], parts
        upload = str(self._ask("create_multipart_upload", path, ChecksumAlgorithm="SHA256", **asked)["UploadId"])
        self._remember(path, upload)
        return upload, {}

    def _parts(self, path: str, upload: str) -> Iterator[Mapping[str, Any]]:
        marker: Mapping[str, int] = {}
        while True:
            page = self._ask("list_parts", path, Key=self._key(path), UploadId=upload, **marker)
            yield from page.get("Parts", ())
            if not page.get("IsTruncated"):
                return
            marker = {"PartNumberMarker": int(page["NextPartNumberMarker"])}

    def _forget(self, path: str) -> Uploads:
        """The interrupted uploads of a path, oldest first; listed once, with those of all other paths."""
        with self._lock:
            if self._unfinished is None:
                self._unfinished = self._list_unfinished()
            return self._unfinished.pop(self._key(path), ())

    def _remember(self, path: str, upload: str) -> None:
        """So that a retry goes on with it."""
        with self._lock:
            assert self._unfinished is not None
            self._unfinished[self._key(path)] = (upload,)

    def _list_unfinished(self) -> dict[str, Uploads]:
        found: dict[str, dict[str, Any]] = {}
        marker: Mapping[str, str] = {}
        while True:
            page = self._ask("list_multipart_uploads", "", Prefix=self._place.prefix, **marker)
            for upload in page.get("Uploads", ()):
                found.setdefault(upload["Key"], {})[upload["UploadId"]] = upload["Initiated"]
            if not page.get("IsTruncated"):
                return {key: tuple(sorted(begun, key=begun.__getitem__)) for key, begun in found.items()}
            marker = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def _abort(self, path: str, upload: str) -> None:
        try:
            self._ask("abort_multipart_upload", path, Key=self._key(path), UploadId=upload)
        except InputError:
            return  # it is gone, which is what was wanted

    def _key(self, path: str) -> str:
        return self._place.prefix + path

    def _count(self, request: Any, event_name: str = "", **_rest: Any) -> None:
        with self._counting:
            self.requests[event_name.rpartition(".")[2]] += 1

    def _ask(self, operation: str, path: str, **asked: Any) -> Any:
        """One request; its failures as errors of stores."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(Bucket=self._place.bucket, **asked)
        except ClientError as error:
            raise self._refused(path, error) from error
        except BotoCoreError as error:
            raise Unavailable(
                _("the store does not answer: {reason}").format(reason=error), where=path or self._place.bucket
            ) from error

    def _refused(self, path: str, error: Any) -> OutputError | InputError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        meta = error.response.get("ResponseMetadata", {})
        status = meta.get("HTTPStatusCode", 0)
        where = f"s3://{self._place.bucket}/{self._key(path)}"
        if code == "NoSuchBucket":
            return OutputError(
                _("there is no such bucket"),
                where=self._place.bucket,
                hint=_("check its name, or have it made first: longquan makes no buckets"),
            )
        if code == "InvalidRange" or status == 416:
            return _BeyondTheEnd(code, where=where)
        if status == 412 or code in ("PreconditionFailed", "ConditionalRequestConflict"):
            return conflict(path)
        if code in _BUSY or status in _BUSY_STATUS:
            after = meta.get("HTTPHeaders", {}).get("retry-after", "")
            return Unavailable(
                _("the store is busy or hurt: {code}").format(code=code or status),
                where=where,
                after=float(after) if after.isdecimal() else None,
            )
        if code in ("BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"):
            return altered(path)
        if status == 404:
            return missing(path)
        if status in (401, 403):
            return OutputError(
                _("the store does not let us: {code}").format(code=code or status),
                where=where,
                hint=_("check the credentials and their rights: list, read, write and delete below the prefix"),
            )
        reason = error.response.get("Error", {}).get("Message") or code or status
        return OutputError(_("the store refuses: {reason}").format(reason=reason), where=where)


class _BeyondTheEnd(InputError):
    """Bytes were asked for that lie beyond the end of the file."""


def cors_rule(origins: Sequence[str]) -> dict[str, Any]:
    """The rule that lets pages of these origins read parts of archives, in the form of PutBucketCors."""
    return {
        "AllowedOrigins": list(origins),
        "AllowedMethods": ["GET", "HEAD"],
        "AllowedHeaders": ["Range", "If-Match", "If-None-Match", "If-Range"],
        "ExposeHeaders": ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"],
        "MaxAgeSeconds": 86400,
    }


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same(part: Mapping[str, Any], data: bytes, checksum: str) -> bool:
    """Whether a part that is there has these bytes: by its sha256, else by the MD5 that S3 uses as its ETag."""
    if part.get("ChecksumSHA256"):
        return bool(part["ChecksumSHA256"] == checksum)
    return bool(part["ETag"].strip('"') == hashlib.md5(data, usedforsecurity=False).hexdigest())


def _blocks(path: str, body: Any, length: int) -> Iterator[bytes]:
    from botocore.exceptions import BotoCoreError

    got = 0
    try:
        for block in body.iter_chunks(BLOCK):
            got += len(block)
            yield block
    except (BotoCoreError, OSError) as error:
        raise Unavailable(_("the answer broke off: {reason}").format(reason=error), where=path) from error
    finally:
        body.close()
    if got != length:
        raise Unavailable(_("the answer broke off after {n} of {m} bytes").format(n=got, m=length), where=path)
