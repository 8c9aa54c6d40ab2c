"""One publisher at a time: `metadata/publishing.json` says who may write, and until when.

Taking it is a conditional write, so of two that try one wins. Whoever holds it renews it from a thread of its own; a
dead publisher's lease runs out. Clocks may differ between machines: should somebody take over a lease that is alive,
the conditions of every further write of pointers make the two notice, and one stops.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from pipeline.errors import LongquanError, OutputError
from pipeline.i18n import _
from pipeline.portal.files import json_bytes
from pipeline.publish.records import LEASE, read_small
from pipeline.publish.store import About, Condition, Conflict, Store

SECONDS = 120.0
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_BOGUS = "0" * 32


class Busy(OutputError):
    """Somebody else is publishing to the same target."""


class LeaseLost(OutputError):
    """Somebody else took over while we were publishing."""


class Lease:
    """The right to write, for as long as `check` does not object. `now` is the time; `token` nobody else has."""

    def __init__(self, store: Store, release: str, token: str, now: Callable[[], datetime], seconds: float) -> None:
        self._store = store
        self._release = release
        self._token = token
        self._now = now
        self._seconds = seconds
        self._etag = ""
        self._until = now()
        self._lost = False
        self.inherited = False  # from somebody who never gave it back, and who may not be dead
        self._writing = threading.Lock()

    def take(self, take_over: bool) -> None:
        """Become the one who may write. Raises Busy, or OutputError where the store knows no conditions."""
        try:
            self._etag = self._write(Condition(None))
            self._probe(Condition(None))
        except Conflict:
            present = read_small(self._store, LEASE)
            if present is None:
                raise _busy(None, None) from None
            data, etag = present
            holder, until = _read(data)
            if until is not None and until > self._now() and not take_over:
                raise _busy(holder, until) from None
            self.inherited = until is not None
            try:
                self._etag = self._write(Condition(etag))
            except Conflict:
                raise _busy(None, None) from None
        self._probe(Condition(_BOGUS))

    def renew(self) -> None:
        """Write a later time. Raises LeaseLost where somebody else has written."""
        with self._writing:
            try:
                self._etag = self._write(Condition(self._etag))
            except Conflict:
                self._lost = True
        self.check()

    def check(self) -> None:
        """Raises LeaseLost when somebody took over, or when the time ran out unrenewed."""
        if self._lost or self._now() > self._until:
            raise LeaseLost(
                _("somebody else is publishing there now, so this stops; nothing that is published was harmed"),
                where=LEASE,
                hint=_("wait until that is done, then see with the same command what is left to do"),
            )

    def give_back(self) -> None:
        """Say that nobody is publishing; where that cannot be said, the lease runs out by itself."""
        with self._writing:
            if not self._lost:
                with suppress(LongquanError):
                    self._write(Condition(self._etag), idle=True)

    def _write(self, condition: Condition, idle: bool = False) -> str:
        until = self._now() + timedelta(seconds=0 if idle else self._seconds)
        data = json_bytes(
            {
                "version": 1,
                "state": "idle" if idle else "publishing",
                "release": self._release,
                "until": until.astimezone(UTC).strftime(_FORMAT),
                "token": self._token,
            }
        )
        about = About("application/json", "no-cache", hashlib.sha256(data).hexdigest())
        etag = self._store.write(LEASE, data, about, condition)
        self._until = until
        return etag

    def _probe(self, condition: Condition) -> None:
        """A write under a condition that does not hold has to fail, or conditions mean nothing here."""
        try:
            self._etag = self._write(condition)
        except Conflict:
            return
        self.give_back()
        raise OutputError(
            _("this store ignores the conditions of writes, so two publishers could interleave"),
            where=LEASE,
            expected=_("If-Match and If-None-Match with PutObject"),
            hint=_("update the store's software, or publish to a folder and copy that"),
        )


@contextmanager
def leased(
    store: Store,
    release: str,
    token: str,
    now: Callable[[], datetime],
    *,
    take_over: bool = False,
    seconds: float = SECONDS,
) -> Iterator[Lease]:
    """Hold the lease for as long as the block runs, renewed four times in its term."""
    lease = Lease(store, release, token, now, seconds)
    lease.take(take_over)
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(seconds / 4):
            try:
                lease.renew()
            except LeaseLost:
                return
            except LongquanError:
                continue  # not reached just now; `check` objects once the time has run out

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        ended.set()
        thread.join()
        lease.give_back()


def _read(data: bytes) -> tuple[str | None, datetime | None]:
    """Which release is being published, and until when the lease is good; None where nobody publishes."""
    try:
        document = json.loads(data)
        if document["state"] == "idle":
            return None, None
        return str(document["release"])[:12], datetime.strptime(document["until"], _FORMAT).replace(tzinfo=UTC)
    except (ValueError, KeyError, TypeError):
        return None, None  # nobody's, as it is none of ours


def _busy(release: str | None, until: datetime | None) -> Busy:
    if release is None or until is None:
        return Busy(
            _("somebody else has begun to publish there at the same moment"),
            where=LEASE,
            hint=_("wait until that is done, then see with the same command what is left to do"),
        )
    return Busy(
        _("release {release} is being published there just now, until {time} UTC at the latest").format(
            release=release, time=f"{until:%Y-%m-%d %H:%M:%S}"
        ),
        where=LEASE,
        hint=_("wait; if that publisher is dead, come back after that time or give --take-over"),
    )
