"""The files of a release as they are served: media types, sizes, how long they are kept, what is not there."""

from __future__ import annotations

import re

from pipeline.i18n import _
from pipeline.publish.client import Answer
from pipeline.publish.finding import Finding
from pipeline.publish.subject import Visit

# Other names of the same thing (RFC 9239 for scripts, RFC 7303 for XML), and what clients take as well.
ALSO = {
    "js": {"text/javascript", "application/javascript", "application/x-javascript"},
    "xml": {"application/xml", "text/xml"},
    "atom": {"application/atom+xml", "application/xml", "text/xml"},
    "jsonld": {"application/ld+json", "application/json"},
    "geojson": {"application/geo+json", "application/json"},
    "pmtiles": {"application/vnd.pmtiles", "application/octet-stream"},
    "pbf": {"application/x-protobuf", "application/vnd.mapbox-vector-tile", "application/octet-stream"},
    "fgb": {"application/vnd.flatgeobuf", "application/octet-stream"},
    "gpkg": {"application/geopackage+sqlite3", "application/octet-stream"},
    "mbtiles": {"application/vnd.sqlite3", "application/octet-stream"},
    "parquet": {"application/vnd.apache.parquet", "application/octet-stream"},
    "ico": {"image/x-icon", "image/vnd.microsoft.icon"},
    "py": {"text/x-python", "text/plain", "application/octet-stream"},
}
# Browsers run, apply and show these only as what they are.
STRICT = frozenset({"css", "html", "js", "svg"})
MISSING_KEPT = 60  # seconds for which a 404 may be kept
KEEP = 86400 * 180  # seconds: as long as a file that is named stays at least
POINTERS = ("index.html", "catalog.json", "styles/", "tilejson/")
# Written when a release is signed and published, outside its list: asked for where they are there.
SIGNED = ("metadata/timestamp.json", "metadata/root.json", "metadata/withdrawn.json", "feed.atom")


def check_types(visit: Visit) -> list[Finding]:
    """One file of every suffix: there, of its media type, text as UTF-8."""
    found = []
    for file in visit.samples():
        answer = visit.client.ask("GET", file.address, limit=1)
        if answer.status != 200:
            seen = _("status {status} for a file with the suffix .{suffix}").format(
                status=answer.status, suffix=file.suffix
            )
            remedy = "types" if answer.status in (403, 404) else "missing"
            found.append(Finding("fault", answer.address, seen, _("status 200"), remedy))
            continue
        told = answer.header("Content-Type") or ""
        essence = told.partition(";")[0].strip().lower()
        right = file.type.partition(";")[0].strip().lower()
        if right and essence not in ALSO.get(file.suffix, {right}) | {right}:
            severity = "fault" if file.suffix in STRICT else "notice"
            found.append(_type_finding(answer, severity, told, right))
        charset = re.search(r"charset\s*=\s*\"?([\w-]+)", told, re.IGNORECASE)
        if charset is not None and charset[1].lower() not in ("utf-8", "utf8"):
            found.append(_type_finding(answer, "fault", told, f"{right}; charset=utf-8"))
    return found


def check_sizes(visit: Visit) -> list[Finding]:
    """One file of every suffix, and the archive, as long as release.json says: the rest of another release is not."""
    files = {file.path: file for file in visit.samples()}
    if visit.archive is not None:
        files[visit.archive.path] = visit.archive
    found = []
    for file in files.values():
        answer = visit.client.ask("GET", file.address, limit=1)
        told = answer.header("Content-Length")
        if answer.status != 200 or told is None or answer.tokens("Content-Encoding") - {"identity"}:
            continue
        if file.bytes is not None and told != str(file.bytes):
            expected = _("Content-Length: {n}, as release.json says").format(n=file.bytes)
            found.append(Finding("fault", answer.address, f"Content-Length: {told}", expected, "content"))
    return found


def check_pointers(visit: Visit) -> list[Finding]:
    """What changes under the same name is asked for anew each time, or pages mix two releases (RFC 9111 §5.2.2)."""
    addresses = [visit.base, visit.base + "release.json"]
    addresses += [file.address for start in POINTERS if (file := visit.first(start)) is not None]
    addresses += [visit.base + name for name in SIGNED]
    found = []
    for address in addresses:
        answer = visit.client.ask("GET", address, limit=1)
        told = answer.tokens("Cache-Control")
        if answer.status == 200 and not told & {"no-cache", "no-store", "max-age=0"}:
            seen = f"Cache-Control: {answer.header('Cache-Control') or '–'}"
            found.append(Finding("fault", address, seen, "Cache-Control: no-cache", "keeping"))
    return found


def check_kept(visit: Visit) -> list[Finding]:
    """What has a hash in its name never changes and need not be asked for twice (RFC 8246)."""
    found = []
    for suffix in ("pmtiles", "js", "css", "woff2", "png"):
        file = next((each for each in visit.files if each.suffix == suffix and each.hashed), None)
        if file is None:
            continue
        answer = visit.client.ask("GET", file.address, limit=1)
        told = answer.tokens("Cache-Control")
        age = max((int(each[8:]) for each in told if re.fullmatch(r"max-age=\d{1,12}", each)), default=0)
        if answer.status == 200 and (age < KEEP or told & {"no-store", "no-cache"}):
            seen = f"Cache-Control: {answer.header('Cache-Control') or '–'}"
            expected = "Cache-Control: public, max-age=31536000, immutable"
            found.append(Finding("notice", answer.address, seen, expected, "keeping"))
    return found


def check_absent(visit: Visit) -> list[Finding]:
    """A file that is not there is not there: many servers of single-page applications send their page instead.

    Nor is it kept that it is not: the name may be that of the next release.
    """
    answer = visit.client.ask("GET", visit.base + "tiles/longquan-doctor-000000000000.pmtiles", limit=1)
    if answer.status in (404, 410):
        told = answer.tokens("Cache-Control")
        age = max((int(each[8:]) for each in told if re.fullmatch(r"max-age=\d{1,12}", each)), default=0)
        if age <= MISSING_KEPT or told & {"no-store", "no-cache"}:
            return []
        seen = _("status {status} with Cache-Control: {told}").format(
            status=answer.status, told=answer.header("Cache-Control")
        )
        expected = _("status 404, kept for a minute at most")
        return [Finding("fault", answer.address, seen, expected, "gone")]
    seen = _("status {status} for a file that is not there").format(status=answer.status)
    # Object stores say 403 to those who may not list what is there.
    severity = "notice" if answer.status == 403 else "fault"
    return [Finding("notice" if severity == "notice" else "fault", answer.address, seen, _("status 404"), "absent")]


def _type_finding(answer: Answer, severity: str, told: str, right: str) -> Finding:
    seen = f"Content-Type: {told or '–'}"
    return Finding(
        "notice" if severity == "notice" else "fault", answer.address, seen, f"Content-Type: {right}", "types"
    )
