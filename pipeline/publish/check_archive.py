"""How the server speaks of an archive as a whole: HEAD, packing, ETag, dates."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.i18n import _
from pipeline.publish.check_range import part, size_told
from pipeline.publish.client import Answer
from pipeline.publish.finding import Finding
from pipeline.publish.subject import Listed, Visit

PACKINGS = "gzip, deflate, br, zstd"


def check_head(visit: Visit, file: Listed) -> list[Finding]:
    """HEAD says what GET says, without the body (RFC 9110 §9.3.2)."""
    answer = visit.client.ask("HEAD", file.address)
    if answer.status != 200:
        seen = _("status {status} for HEAD").format(status=answer.status)
        return [Finding("fault", answer.address, seen, _("status 200, as for GET"), "head")]
    found = []
    if answer.body:
        found.append(Finding("fault", answer.address, _("a body after HEAD"), _("no body after HEAD"), "head"))
    size = file.bytes if file.bytes is not None else size_told(part(visit, file, "0-7"))
    told = answer.header("Content-Length")
    if size is not None and told != str(size):
        seen = _("Content-Length of HEAD: {length}").format(length=told or "–")
        found.append(Finding("fault", answer.address, seen, f"Content-Length: {size}", "head"))
    if "bytes" not in answer.tokens("Accept-Ranges"):
        seen = f"Accept-Ranges: {answer.header('Accept-Ranges') or '–'}"
        found.append(Finding("notice", answer.address, seen, "Accept-Ranges: bytes", "range"))
    return found


def check_packing(visit: Visit, file: Listed) -> list[Finding]:
    """Archives go out as they are: packed ones have no parts, and their tiles are packed already."""
    asked = {"Accept-Encoding": PACKINGS}
    for headers in (asked, {**asked, "Range": "bytes=0-16383"}):
        answer = visit.client.ask("GET", file.address, headers, limit=16)
        if answer.tokens("Content-Encoding") - {"identity"}:
            seen = f"Content-Encoding: {answer.header('Content-Encoding')}"
            return [Finding("fault", answer.address, seen, _("no Content-Encoding on archives"), "packing")]
    if answer.status == 200 and part(visit, file, "0-16383").status == 206:
        seen = _("status 200 for a part, as soon as the client accepts packed answers")
        return [Finding("fault", answer.address, seen, _("status 206 and these bytes only"), "packing")]
    return []


def check_etag(visit: Visit, file: Listed) -> list[Finding]:
    """One strong ETag for one file, in every answer: clients tell by it that an archive was replaced (§8.8.3)."""
    answers = [
        visit.client.ask("GET", file.address, limit=1),
        visit.client.ask("GET", file.address, limit=1),
        part(visit, file, "0-7"),
        visit.client.ask("HEAD", file.address),
    ]
    answers = [answer for answer in answers if answer.status in (200, 206)]
    tags = [answer.header("ETag") for answer in answers]
    told = sorted({tag or "–" for tag in tags})
    address = file.address
    if not any(tags):
        return [Finding("fault", address, _("no ETag"), _('a strong ETag, such as "5f1c-63a0"'), "etag")]
    if len(told) > 1:
        seen = _("several ETags for one file: {tags}").format(tags=" ".join(told))
        return [Finding("fault", address, seen, _("the same ETag in every answer"), "etag")]
    if told[0].startswith("W/") or not (len(told[0]) > 2 and told[0][0] == told[0][-1] == '"'):
        return [Finding("fault", address, f"ETag: {told[0]}", _('a strong ETag, such as "5f1c-63a0"'), "etag")]
    again = visit.client.ask("GET", address, {"If-None-Match": told[0]}, limit=1)
    if again.status != 304:
        seen = _("status {status} for If-None-Match with its own ETag").format(status=again.status)
        return [Finding("notice", address, seen, _("status 304"), "etag")]
    return []


def check_modified(visit: Visit, file: Listed) -> list[Finding]:
    """Last-Modified is there, is a date, and is not to come (§8.8.2.1)."""
    answer = visit.client.ask("GET", file.address, limit=1)
    told = answer.header("Last-Modified")
    expected = _("Last-Modified with a date that has been")
    try:
        date = parsedate_to_datetime(told or "")
    except ValueError:
        return [Finding("notice", answer.address, f"Last-Modified: {told or '–'}", expected, "modified")]
    if date > _said(answer, date) + timedelta(seconds=60):
        return [Finding("notice", answer.address, f"Last-Modified: {told}", expected, "modified")]
    return []


def _said(answer: Answer, otherwise: datetime) -> datetime:
    """The server's own time, so that its clock is judged elsewhere."""
    try:
        return parsedate_to_datetime(answer.header("Date") or "")
    except ValueError:
        return otherwise
