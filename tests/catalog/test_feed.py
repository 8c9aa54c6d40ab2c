"""The Atom feed: what RFC 4287 demands, names that stay, and the newest first."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipeline.catalog.feed import MOST, Release, build_feed
from tests.catalog.catalogs import catalog_of

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return catalog_of(tmp_path_factory.mktemp("feed"))


def release(n: int, at: datetime | None = None) -> Release:
    return Release(
        id=f"{n:064x}",
        at=at or datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))) + timedelta(days=n),
        title={"zh": f"第 {n} 次发布", "en": f"Release {n}"},
        summary={"zh": "道路更新 <12> 处", "en": "12 roads & more"},
    )


def parsed(catalog: dict[str, Any], *releases: Release, base: str = "") -> etree._Element:
    return etree.fromstring(build_feed(catalog, releases, base))


def found(root: etree._Element, path: str) -> list[str]:
    return [str(value) for value in root.xpath(path, namespaces=ATOM)]


def test_the_members_that_the_rfc_demands(catalog: dict[str, Any]) -> None:
    """RFC 4287, sections 4.1.1 and 4.1.2."""
    root = parsed(catalog, release(1), release(2))
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    for path in ("a:id", "a:title", "a:updated", "a:author/a:name", "a:link[@rel='self']/@href"):
        assert len(root.xpath(path, namespaces=ATOM)) == 1, path
    for entry in root.xpath("a:entry", namespaces=ATOM):
        for path in ("a:id", "a:title", "a:updated", "a:summary", "a:link[@rel='alternate']"):
            assert len(entry.xpath(path, namespaces=ATOM)) == 1, path
    ids = found(root, "a:id/text()") + found(root, "a:entry/a:id/text()")
    assert len(set(ids)) == 3 and all(id.startswith("urn:uuid:") for id in ids)


def test_the_newest_comes_first_and_dates_the_feed(catalog: dict[str, Any]) -> None:
    releases = [release(n) for n in range(1, 6)]
    random.Random(1).shuffle(releases)
    root = parsed(catalog, *releases)
    assert found(root, "a:entry/a:title/text()") == [f"第 {n} 次发布 · Release {n}" for n in (5, 4, 3, 2, 1)]
    assert found(root, "a:updated/text()") == ["2026-01-06T00:00:00Z"]  # eight o'clock in Longquan
    assert found(root, "a:entry/a:summary/text()")[0] == "道路更新 <12> 处 · 12 roads & more"


def test_names_stay_when_releases_are_added_and_differ_between_editions(
    catalog: dict[str, Any], tmp_path: Path
) -> None:
    before, after = parsed(catalog, release(1)), parsed(catalog, release(1), release(2))
    assert found(before, "a:id/text()") == found(after, "a:id/text()")
    assert found(before, "a:entry/a:id/text()") == found(after, "a:entry[2]/a:id/text()")
    other = parsed(catalog_of(tmp_path, "government"), release(1))
    assert not set(found(other, "//a:id/text()")) & set(found(before, "//a:id/text()"))


def test_addresses_are_relative_or_below_the_base(catalog: dict[str, Any]) -> None:
    assert set(found(parsed(catalog, release(1)), "//a:link/@href")) == {"feed.atom", "data.html", "release.json"}
    absolute = parsed(catalog, release(1), base="https://map.example.org/")
    assert found(absolute, "a:link[@rel='self']/@href") == ["https://map.example.org/feed.atom"]


def test_the_same_bytes_whatever_the_order(catalog: dict[str, Any]) -> None:
    same = datetime(2026, 5, 1, tzinfo=UTC)
    releases = [release(n, same) for n in range(4)]
    assert build_feed(catalog, releases) == build_feed(catalog, releases[::-1])


def test_a_feed_does_not_grow_for_ever(catalog: dict[str, Any]) -> None:
    root = parsed(catalog, *(release(n) for n in range(MOST + 9)))
    assert len(found(root, "a:entry/a:id/text()")) == MOST


def test_a_time_without_zone_or_no_release_is_a_mistake(catalog: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="zone"):
        build_feed(catalog, [release(1, datetime(2026, 1, 1))])
    with pytest.raises(ValueError, match="release"):
        build_feed(catalog, [])
