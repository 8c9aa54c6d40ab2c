"""An Atom feed of the releases of one edition, written when a release is made and outside its id.

Source: RFC 4287. A document without `base_url` has relative links, which resolve against its own address (section 2).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from pipeline.catalog.addresses import Place
from pipeline.catalog.words import both

PATH = "feed.atom"
ATOM = "http://www.w3.org/2005/Atom"
MOST = 50  # entries; older releases are in the ledger

# Names of feeds and entries are derived from this one (RFC 9562, version 5), so that they stay the same for ever.
_SPACE = uuid.UUID("8f1d3c0e-7a52-5b64-9d3b-6f3a8e1c2b47")


@dataclass(frozen=True, slots=True)
class Release:
    """One release as the feed tells it."""

    id: str  # the release id, sha256 in hexadecimal
    at: datetime  # when it was made, with a zone
    title: Mapping[str, str]
    summary: Mapping[str, str]  # what is new in it


def build_feed(catalog: Mapping[str, Any], releases: Iterable[Release], base: str = "") -> bytes:
    """The feed as UTF-8 XML: releases newest first, at most fifty; `catalog` is the content of catalog.json.

    Raises ValueError for a release whose time has no zone, and where there is no release at all: a feed says when it
    changed last.
    """
    ordered = sorted(releases, key=lambda release: (_instant(release.at), release.id), reverse=True)
    if not ordered:
        raise ValueError("a feed without a release")
    place = Place("", base.rstrip("/"))
    feed = ET.Element(_tag("feed"))
    feed.set("{http://www.w3.org/XML/1998/namespace}lang", "zh")
    name = f"{catalog['city']['code']}/{catalog['edition']['id']}"
    _add(feed, "id", uuid.uuid5(_SPACE, name).urn)
    _add(feed, "title", both(catalog["platform"]))
    _add(feed, "subtitle", both(catalog["edition"]["title"]))
    _add(feed, "updated", _instant(ordered[0].at))
    _add(_add(feed, "author"), "name", both(catalog["attribution"]))
    _link(feed, "self", place.to(PATH), "application/atom+xml")
    _link(feed, "alternate", place.to("data.html"), "text/html")
    if catalog["sample"]:
        _add(feed, "rights", both(catalog["notice"]))
    for release in ordered[:MOST]:
        entry = _add(feed, "entry")
        _add(entry, "id", uuid.uuid5(_SPACE, f"{name}/{release.id}").urn)
        _add(entry, "title", both(release.title))
        _add(entry, "updated", _instant(release.at))
        _add(entry, "summary", both(release.summary))
        _link(entry, "alternate", place.to("data.html"), "text/html")
        _link(entry, "related", place.to("release.json"), "application/json")
    ET.register_namespace("", ATOM)
    ET.indent(feed)
    text: str = ET.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _tag(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, _tag(name))
    element.text = text
    return element


def _link(parent: ET.Element, rel: str, href: str, type: str) -> None:
    _add(parent, "link").attrib.update({"rel": rel, "href": href, "type": type})


def _instant(at: datetime) -> str:
    """A date-time of RFC 3339 in UTC, to the second."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
