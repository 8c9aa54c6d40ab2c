"""Does the server hand out parts of an archive as RFC 9110 §14 says? Maps read archives in no other way."""

from __future__ import annotations

import re

from pipeline.i18n import _
from pipeline.publish.client import Answer
from pipeline.publish.finding import Finding
from pipeline.publish.subject import Listed, Visit

FIRST = 16384  # bytes: what pmtiles.js asks first
MAGIC = b"PMTiles\x03"


def check_range(visit: Visit, file: Listed) -> list[Finding]:
    """The first 16 KiB and a part within, as map clients ask for them."""
    found = []
    answer = part(visit, file, f"0-{FIRST - 1}")
    whole = file.bytes if file.bytes is not None else size_told(answer)
    whole_in_first = answer.status == 200 and whole is not None and whole <= FIRST
    if answer.status != 206 and not whole_in_first:
        return [
            _finding(answer, _("status {status} for the first 16 KiB of an archive").format(status=answer.status),
                     _("status 206 and these bytes only"), "missing" if answer.status in (403, 404) else "range")
        ]  # fmt: skip
    if not answer.body.startswith(MAGIC):
        seen = _("the first bytes are {bytes}").format(bytes=answer.body[:8].hex(" ") or "–")
        found.append(_finding(answer, seen, _("the first bytes of a PMTiles archive, version 3"), "range"))
    if answer.status == 206:
        found += _exactly(answer, 0, min(FIRST, whole or FIRST), whole)
    if whole is not None and whole > 300:
        inner = part(visit, file, "100-299")
        if inner.status != 206:
            seen = _("status {status} for bytes 100 to 299 of an archive").format(status=inner.status)
            found.append(_finding(inner, seen, _("status 206 and these bytes only"), "range"))
        else:
            found += _exactly(inner, 100, 300, whole)
            if inner.body != answer.body[100:300]:
                seen = _("bytes 100 to 299 are other ones when asked for alone")
                found.append(_finding(inner, seen, _("the same bytes in every answer"), "range"))
    return found


def check_suffix(visit: Visit, file: Listed) -> list[Finding]:
    """The last 100 bytes, asked for as such: not by maps, but by GDAL and downloaders."""
    size = file.bytes if file.bytes is not None else size_told(part(visit, file, "0-7"))
    if size is None or size < 100:
        return []
    answer = part(visit, file, "-100")
    if answer.status != 206:
        seen = _("status {status} for the last 100 bytes").format(status=answer.status)
        return [_finding(answer, seen, _("status 206 and these bytes only"), "range", severity="notice")]
    found = _exactly(answer, size - 100, size, size)
    if not found and part(visit, file, f"{size - 100}-{size - 1}").body != answer.body:
        seen = _("the last 100 bytes are other ones when asked for by number")
        found.append(_finding(answer, seen, _("the same bytes in every answer"), "range"))
    return found


def check_several(visit: Visit, file: Listed) -> list[Finding]:
    """Two parts at once: both, the whole file, or their span are all allowed; an error is not (§14.2)."""
    answer = part(visit, file, "0-7,100-107", limit=1024)
    kind = (answer.header("Content-Type") or "").lower()
    sound = answer.status == 200
    if answer.status == 206:
        sound = kind.startswith("multipart/byteranges") or answer.body.startswith(MAGIC)
    if sound:
        return []
    seen = _("status {status} and {type} for two parts at once").format(status=answer.status, type=kind or "–")
    return [
        _finding(answer, seen, _("both parts (multipart/byteranges) or the whole file"), "range", severity="notice")
    ]


def check_beyond(visit: Visit, file: Listed) -> list[Finding]:
    """A part that begins beyond the end (§15.5.17)."""
    size = file.bytes if file.bytes is not None else size_told(part(visit, file, "0-7"))
    if size is None:
        return []
    answer = part(visit, file, f"{size}-{size + 99}")
    expected = _("status 416 and Content-Range: bytes */{size}").format(size=size)
    if answer.status != 416:
        seen = _("status {status} for a part beyond the end").format(status=answer.status)
        return [_finding(answer, seen, expected, "range")]
    told = answer.header("Content-Range")
    if told is None or re.fullmatch(rf"bytes \*/{size}", told) is None:
        return [_finding(answer, f"416, Content-Range: {told or '–'}", expected, "range", severity="notice")]
    return []


def check_if_range(visit: Visit, file: Listed) -> list[Finding]:
    """A part asked for under the condition of another version is not sent (§13.1.5)."""
    answer = visit.client.ask("GET", file.address, {"Range": "bytes=0-7", "If-Range": '"longquan-doctor"'}, limit=64)
    if answer.status != 206:
        return []
    seen = _("a part of an archive although If-Range names another version")
    return [_finding(answer, seen, _("status 200 and the whole file"), "range", severity="notice")]


def part(visit: Visit, file: Listed, wanted: str, *, limit: int = FIRST + 1) -> Answer:
    """Ask for a part as browsers do: they accept no packing of parts (the Fetch standard)."""
    return visit.client.ask("GET", file.address, {"Range": f"bytes={wanted}"}, limit=limit)


def size_told(answer: Answer) -> int | None:
    """The size of the whole file in bytes, as an answer tells it."""
    told = re.fullmatch(r"bytes \d+-\d+/(\d{1,18})", answer.header("Content-Range") or "")
    if told is not None:
        return int(told[1])
    length = answer.header("Content-Length") or ""
    return int(length) if answer.status == 200 and re.fullmatch(r"\d{1,18}", length) else None


def _exactly(answer: Answer, start: int, stop: int, size: int | None) -> list[Finding]:
    """Whether a 206 holds bytes `start` up to, not including, `stop`, and says so."""
    right = f"bytes {start}-{stop - 1}/{'*' if size is None else size}"
    told = answer.header("Content-Range")
    found = []
    if told is None or (told != right and size is not None):
        found.append(_finding(answer, f"Content-Range: {told or '–'}", f"Content-Range: {right}", "range"))
    if len(answer.body) != stop - start:
        more = "> " if answer.cut else ""
        seen = _("{n} bytes of body").format(n=f"{more}{len(answer.body)}")
        found.append(_finding(answer, seen, _("{n} bytes of body").format(n=stop - start), "range"))
    return found


def _finding(answer: Answer, seen: str, expected: str, remedy: str, *, severity: str = "fault") -> Finding:
    return Finding("notice" if severity == "notice" else "fault", answer.address, seen, expected, remedy)
