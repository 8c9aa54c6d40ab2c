"""The server itself: its version of HTTP, its clock, TLS, and the redirects on the way to it."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from pipeline.i18n import _
from pipeline.publish.client import unjudging
from pipeline.publish.finding import Finding
from pipeline.publish.subject import HOPS, Visit

CLOCK_NOTICE, CLOCK_FAULT = 60.0, 3600.0  # seconds apart from this machine's clock
EXPIRES_SOON = 21 * 86400  # seconds


def check_http(visit: Visit) -> list[Finding]:
    """HTTP/1.1 keeps connections; over TLS a browser gets HTTP/2, where a hundred tiles need one connection."""
    answer = visit.steps[-1]
    if answer.version < 11:
        return [Finding("notice", answer.address, "HTTP/1.0", _("HTTP/1.1 or later"), "http")]
    parts = urlsplit(answer.address)
    if parts.scheme != "https":
        return []
    context = unjudging()
    context.set_alpn_protocols(["h2", "http/1.1"])
    chosen = None
    try:
        with _connected(visit) as plain, context.wrap_socket(plain, server_hostname=parts.hostname) as secured:
            chosen = secured.selected_alpn_protocol()
    except OSError:
        return []  # what is wrong with TLS, the check of TLS tells
    if chosen == "h2":
        return []
    return [Finding("notice", answer.address, chosen or "HTTP/1.1", "HTTP/2", "http")]


def check_clock(visit: Visit) -> list[Finding]:
    """The server's clock: caches reckon with it, and signatures expire by it."""
    answer = visit.steps[-1]
    told = answer.header("Date")
    expected = _("Date with the time in UTC")
    try:
        apart = parsedate_to_datetime(told or "").timestamp() - answer.asked
    except (ValueError, OverflowError):
        return [Finding("notice", answer.address, f"Date: {told or '–'}", expected, "clock")]
    if abs(apart) <= CLOCK_NOTICE + visit.client.seconds:
        return []
    seen = _("Date: {date}, {n} s from this machine's clock").format(date=told, n=f"{apart:+.0f}")
    return [Finding("fault" if abs(apart) > CLOCK_FAULT else "notice", answer.address, seen, expected, "clock")]


def check_tls(visit: Visit) -> list[Finding]:
    """A certificate that is trusted and lasts, TLS 1.2 or later; plain http off this machine is told."""
    address = visit.steps[-1].address
    parts = urlsplit(address)
    if parts.scheme != "https":
        if _this_machine(parts.hostname or ""):
            return []
        expected = _("https, where the server is not of an intranet")
        return [Finding("notice", address, _("plain http"), expected, "tls")]
    try:
        with (
            _connected(visit) as plain,
            visit.client.context.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            version, certificate = secured.version() or "", secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        expected = _("a certificate that browsers trust, for this name")
        return [Finding("fault", address, error.verify_message, expected, "tls")]
    except OSError as error:
        return [Finding("fault", address, str(error), _("TLS 1.2 or later"), "tls")]
    found = []
    if version not in ("TLSv1.2", "TLSv1.3"):
        found.append(Finding("fault", address, version, _("TLS 1.2 or later"), "tls"))
    ends = certificate.get("notAfter")
    if isinstance(ends, str) and ssl.cert_time_to_seconds(ends) - time.time() < EXPIRES_SOON:
        seen = _("a certificate that expires on {date}").format(date=ends)
        found.append(Finding("notice", address, seen, _("a certificate that lasts three weeks or more"), "tls"))
    return found


def check_redirects(visit: Visit) -> list[Finding]:
    """The address itself and those of the release lead where they say, in one step at most and never out of TLS."""
    found = []
    last = visit.steps[-1]
    for step in visit.steps:
        target = step.header("Location")
        if 300 < step.status < 400 and target is not None:
            to = urlsplit(urljoin(step.address, target))
            if (urlsplit(step.address).scheme, to.scheme) == ("https", "http"):
                seen = _("a redirect from https to {address}").format(address=to.geturl())
                found.append(Finding("fault", step.address, seen, _("https stays https"), "redirect"))
    if 300 <= last.status < 400:
        seen = _("no end after {n} redirects").format(n=HOPS)
        found.append(Finding("fault", visit.steps[0].address, seen, _("the page itself"), "redirect"))
    elif len(visit.steps) > 2:
        seen = _("{n} redirects, one after the other").format(n=len(visit.steps) - 1)
        found.append(Finding("notice", visit.steps[0].address, seen, _("one redirect at most"), "redirect"))
    files = (visit.archive, visit.first("tilejson/"), visit.first("styles/"))
    for file in files:
        if file is not None:
            answer = visit.client.ask("GET", file.address, {"Range": "bytes=0-7"}, limit=1)
            if 300 <= answer.status < 400 and answer.status != 304:
                seen = _("a redirect to {address}").format(address=answer.header("Location") or "–")
                found.append(Finding("fault", answer.address, seen, _("the file itself"), "redirect"))
    return found


def _connected(visit: Visit) -> socket.socket:
    parts = urlsplit(visit.steps[-1].address)
    return socket.create_connection((parts.hostname or "", parts.port or 443), timeout=visit.client.seconds)


def _this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
