"""May pages of other origins read the release? Departments show its archives in systems of their own."""

from __future__ import annotations

from pipeline.i18n import _
from pipeline.publish.client import Answer
from pipeline.publish.finding import Finding
from pipeline.publish.subject import Listed, Visit

ORIGIN = "https://department.example"
ASKED = ("range", "if-match")  # what pmtiles.js sends
NEEDED, USEFUL = ("etag", "content-range"), ("content-length", "accept-ranges")


def check_preflight(visit: Visit, file: Listed) -> list[Finding]:
    """What a browser asks first, without a password (the Fetch standard, CORS-preflight fetch)."""
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": ",".join(sorted(ASKED)),
    }
    answer = visit.client.ask("OPTIONS", file.address, headers, limit=1, anonymous=True)
    if answer.status in (401, 407):
        seen = _("status {status} for a preflight: it is asked for a password").format(status=answer.status)
        return [Finding("fault", answer.address, seen, _("status 204; browsers send no password here"), "password")]
    if not 200 <= answer.status < 300:
        seen = _("status {status} for a preflight").format(status=answer.status)
        return [Finding("fault", answer.address, seen, _("status 204"), "origin")]
    found = _open(answer)
    allowed = answer.tokens("Access-Control-Allow-Headers")
    if not ({"*"} & allowed or set(ASKED) <= allowed):
        seen = f"Access-Control-Allow-Headers: {answer.header('Access-Control-Allow-Headers') or '–'}"
        found.append(Finding("fault", answer.address, seen, "Access-Control-Allow-Headers: Range, If-Match", "origin"))
    return found


def check_origin(visit: Visit, file: Listed) -> list[Finding]:
    """The answers themselves: an archive, and of a release also TileJSON, style, catalogue and a font."""
    others = (
        visit.first("tilejson/", ".json"),
        visit.first("styles/", ".json"),
        visit.first("catalog.json"),
        visit.first("assets/", ".woff2"),
    )
    found = []
    for each in (file, *(other for other in others if other is not None)):
        answer = visit.client.ask("GET", each.address, {"Origin": ORIGIN, "Range": "bytes=0-7"}, limit=1)
        found += _open(answer)
    return found


def check_exposed(visit: Visit, file: Listed) -> list[Finding]:
    """The headers of an archive's answer that scripts of other origins may read."""
    answer = visit.client.ask("GET", file.address, {"Origin": ORIGIN, "Range": "bytes=0-7"}, limit=1)
    exposed = answer.tokens("Access-Control-Expose-Headers")
    if "*" in exposed:
        return []
    missing = [name for name in (*NEEDED, *USEFUL) if name not in exposed]
    if not missing:
        return []
    seen = f"Access-Control-Expose-Headers: {answer.header('Access-Control-Expose-Headers') or '–'}"
    expected = "Access-Control-Expose-Headers: ETag, Content-Range, Content-Length, Accept-Ranges"
    severity = "fault" if set(missing) & set(NEEDED) else "notice"
    return [Finding("fault" if severity == "fault" else "notice", answer.address, seen, expected, "origin")]


def _open(answer: Answer) -> list[Finding]:
    allowed = answer.header("Access-Control-Allow-Origin")
    if allowed in ("*", ORIGIN):
        return []
    seen = f"Access-Control-Allow-Origin: {allowed or '–'}"
    return [Finding("fault", answer.address, seen, "Access-Control-Allow-Origin: *", "origin")]
