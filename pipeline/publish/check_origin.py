"""May pages of other origins read the release? Departments show its archives in systems of their own."""

from __future__ import annotations

from pipeline.i18n import _
from pipeline.publish.client import Answer, Unanswered
from pipeline.publish.finding import Finding, Severity
from pipeline.publish.subject import ORIGIN, Listed, Visit

STRANGER = "https://stranger.example"  # a page that nobody has let in
ASKED = ("range", "if-match")  # what pmtiles.js sends
NEEDED, USEFUL = ("etag", "content-range"), ("content-length", "accept-ranges")


def check_preflight(visit: Visit, file: Listed) -> list[Finding]:
    """What a browser asks first, without password and certificate (the Fetch standard, CORS-preflight fetch)."""
    asked = sorted((*ASKED, "authorization") if visit.client.authorization is not None else ASKED)
    headers = {
        "Origin": visit.origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": ",".join(asked),
    }
    try:
        answer = visit.client.ask("OPTIONS", file.address, headers, limit=1, anonymous=True)
    except Unanswered as error:
        if not visit.client.certified:
            raise
        seen = _("no answer to a preflight without a certificate: {reason}").format(reason=error)
        expected = _("status 204; browsers show no certificate here")
        return [Finding("fault", file.address, seen, expected, "password")]
    if answer.status in (401, 407):
        seen = _("status {status} for a preflight: it is asked for a password").format(status=answer.status)
        return [Finding("fault", answer.address, seen, _("status 204; browsers send no password here"), "password")]
    if visit.client.certified and answer.status in (400, 403, 496):
        seen = _("status {status} for a preflight without a certificate").format(status=answer.status)
        expected = _("status 204; browsers show no certificate here")
        return [Finding("fault", answer.address, seen, expected, "password")]
    if not 200 <= answer.status < 300:
        seen = _("status {status} for a preflight").format(status=answer.status)
        return [Finding("fault", answer.address, seen, _("status 204"), "origin")]
    found = _open(visit, answer)
    allowed = answer.tokens("Access-Control-Allow-Headers")
    # "*" never covers Authorization, and nothing at all where credentials are sent.
    every = "*" in allowed and not visit.client.known
    if not (every or set(asked) <= allowed):
        seen = f"Access-Control-Allow-Headers: {answer.header('Access-Control-Allow-Headers') or '–'}"
        names = "Range, If-Match" + (", Authorization" if "authorization" in asked else "")
        remedy = "named" if visit.client.known else "origin"
        found.append(Finding("fault", answer.address, seen, f"Access-Control-Allow-Headers: {names}", remedy))
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
        answer = visit.client.ask("GET", each.address, {"Origin": visit.origin, "Range": "bytes=0-7"}, limit=1)
        found += _open(visit, answer)
    return found


def check_closed(visit: Visit, file: Listed) -> list[Finding]:
    """What asks for a password or a certificate gives nothing to those who have none."""
    addresses = [
        file.address,
        *(each.address for start in ("index.html", "catalog.json") if (each := visit.first(start))),
    ]
    if visit.manifest is not None:
        addresses.append(visit.base + "release.json")
    found = []
    for address in addresses:
        try:
            answer = visit.client.ask("GET", address, {"Range": "bytes=0-7"}, limit=8, anonymous=True)
        except Unanswered:
            continue  # the handshake of TLS refuses who has no certificate
        if answer.status in (200, 206):
            seen = _("status {status} without name and password or certificate").format(status=answer.status)
            found.append(Finding("fault", address, seen, _("status 401 or 403"), "closed"))
    return found


def check_stranger(visit: Visit, file: Listed) -> list[Finding]:
    """A page that nobody has let in must not read with the credentials of whoever looks at it."""
    answer = visit.client.ask("GET", file.address, {"Origin": STRANGER, "Range": "bytes=0-7"}, limit=1)
    allowed = answer.header("Access-Control-Allow-Origin")
    with_credentials = "true" in answer.tokens("Access-Control-Allow-Credentials")
    if allowed != STRANGER or not with_credentials:
        return []
    seen = _("every origin may read with the visitor's credentials: {origin}").format(origin=allowed)
    severity: Severity = "fault" if visit.client.known else "notice"
    expected = _("named origins only, where Access-Control-Allow-Credentials is sent")
    return [Finding(severity, answer.address, seen, expected, "named")]


def check_exposed(visit: Visit, file: Listed) -> list[Finding]:
    """The headers of an archive's answer that scripts of other origins may read."""
    answer = visit.client.ask("GET", file.address, {"Origin": visit.origin, "Range": "bytes=0-7"}, limit=1)
    exposed = answer.tokens("Access-Control-Expose-Headers")
    if "*" in exposed and not visit.client.known:
        return []
    missing = [name for name in (*NEEDED, *USEFUL) if name not in exposed]
    if not missing:
        return []
    seen = f"Access-Control-Expose-Headers: {answer.header('Access-Control-Expose-Headers') or '–'}"
    expected = "Access-Control-Expose-Headers: ETag, Content-Range, Content-Length, Accept-Ranges"
    severity = "fault" if set(missing) & set(NEEDED) else "notice"
    return [Finding("fault" if severity == "fault" else "notice", answer.address, seen, expected, "origin")]


def _open(visit: Visit, answer: Answer) -> list[Finding]:
    """Whether a page of the origin may read the answer; with credentials, where the client has some (Fetch §3.2.5)."""
    allowed = answer.header("Access-Control-Allow-Origin")
    if not visit.client.known:
        if allowed in ("*", visit.origin):
            return []
        seen = f"Access-Control-Allow-Origin: {allowed or '–'}"
        wanted = "*" if visit.origin == ORIGIN else visit.origin
        return [Finding("fault", answer.address, seen, f"Access-Control-Allow-Origin: {wanted}", "origin")]
    found = []
    if allowed != visit.origin:
        seen = f"Access-Control-Allow-Origin: {allowed or '–'}"
        expected = f"Access-Control-Allow-Origin: {visit.origin}"
        found.append(Finding("fault", answer.address, seen, expected, "named"))
    if "true" not in answer.tokens("Access-Control-Allow-Credentials"):
        seen = f"Access-Control-Allow-Credentials: {answer.header('Access-Control-Allow-Credentials') or '–'}"
        found.append(Finding("fault", answer.address, seen, "Access-Control-Allow-Credentials: true", "named"))
    return found
