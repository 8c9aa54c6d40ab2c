"""Deltas that publishing offers, and an office that takes one."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.progress import Silent
from pipeline.publish.deltas import Kept, _earlier, with_deltas
from pipeline.publish.folder import FolderStore
from pipeline.publish.plan import Plan
from pipeline.publish.publishing import Wishes, publish
from pipeline.publish.records import Publication, Published
from pipeline.publish.shipment import TOMBSTONE, Shipment, read_shipment
from pipeline.publish.shipment import made as item_of
from pipeline.publish.store import MemoryStore
from pipeline.publish.target import read_target
from pipeline.standalone.verify import check
from tests.publish.following import follow, publisher, running
from tests.publish.releases import shipment, trusting, write_release
from tests.release.install.signed import Press
from tests.standalone.disks import seal_release
from tests.standalone.disks import write_release as write_folder

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Noted(Silent):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def release(press: Press, text: str) -> Path:
    """A signed release with a file that is large, like no other, and changes little from release to release."""
    dist = write_folder(press.root / text, text, 1)
    (dist / "downloads").mkdir()
    (dist / "downloads/all.gpkg").write_bytes(bytes(range(256)) * 400 + text.encode())
    shutil.rmtree(dist / "metadata")
    seal_release(dist)
    return press.sign(dist)


def id_of(dist: Path) -> str:
    return str(json.loads((dist / "release.json").read_bytes())["release"])


def put(dist: Path, site: Path, kept: Kept | None, day: int = 0) -> Plan:
    goods, now = read_shipment(dist), DAY + timedelta(days=day)
    wishes = Wishes(deltas=kept)
    return publish(goods, FolderStore(site), wishes, now=lambda: now, token="t", judge=trusting)[0]


def deltas(site: Path) -> list[str]:
    return sorted(path.relative_to(site).as_posix() for path in (site / "deltas").rglob("*") if path.is_file())


def test_an_office_takes_what_publishing_offers(tmp_path: Path) -> None:
    press, site, home = Press(tmp_path / "bureau"), tmp_path / "site", tmp_path / "office"
    one, two = release(press, "one"), release(press, "two")
    kept = Kept({id_of(one): one}, tmp_path / "made")
    with publisher(site) as server:
        put(one, site, kept)
        assert not (site / "deltas").exists()  # nothing leads here
        follow(server, home, press)
        put(two, site, kept, 1)
        name = f"deltas/{id_of(one)[:12]}-{id_of(two)[:12]}"
        assert deltas(site)[0] == f"{name}/delta.json" and deltas(site)[-1] == "deltas/index.json"
        server.asked.clear()
        made = follow(server, home, press)
        assert made.delta and running(home) == id_of(two)
        assert not [path for path in server.paths() if path.startswith("downloads/")]
    # What was made is not made again, nor sent again; a folder with deltas is as it should be.
    before = {path: path.stat().st_mtime_ns for path in kept.made.rglob("*")}
    assert put(two, site, kept, 2).idle
    assert {path: path.stat().st_mtime_ns for path in kept.made.rglob("*")} == before
    assert check(str(site)).faults == ()


def test_an_office_that_is_two_behind_takes_one_after_the_other(tmp_path: Path) -> None:
    press, site, home = Press(tmp_path / "bureau"), tmp_path / "site", tmp_path / "office"
    one, two, three = (release(press, text) for text in ("one", "two", "three"))
    kept = Kept({id_of(each): each for each in (one, two)}, tmp_path / "made")
    with publisher(site) as server:
        put(one, site, kept)
        follow(server, home, press)
        put(two, site, kept, 1)
        put(three, site, kept, 2)
        a, b, c = (id_of(each)[:12] for each in (one, two, three))
        assert {path.split("/")[1] for path in deltas(site)} == {f"{a}-{b}", f"{b}-{c}", "index.json"}
        server.asked.clear()
        made = follow(server, home, press)
        assert made.delta and running(home) == id_of(three)
        assert not [path for path in server.paths() if path.startswith("downloads/")]
        assert not list((home / "staging").glob("*/release-*"))
    assert put(three, site, kept, 3).idle


def test_deltas_between_releases_that_go_go(tmp_path: Path) -> None:
    press, site = Press(tmp_path / "bureau"), tmp_path / "site"
    one, two, three = (release(press, text) for text in ("one", "two", "three"))
    kept = Kept({id_of(each): each for each in (one, two)}, tmp_path / "made")
    put(one, site, kept)
    put(two, site, kept, 1)
    old = deltas(site)
    # Published from a place that keeps no releases: what is offered between releases that stay is left alone.
    put(two, site, None, 2)
    assert deltas(site) == old
    put(three, site, None, 3)
    assert deltas(site) == old
    wishes = Wishes(keep=1, keep_days=0)
    now = DAY + timedelta(days=4)
    goods = read_shipment(three)
    plan, _applied = publish(goods, FolderStore(site), wishes, now=lambda: now, token="t", judge=trusting)
    assert deltas(site) == [] and set(old) <= set(plan.pruning.paths)
    assert plan.pruning.paths.index("deltas/index.json") < plan.pruning.paths.index(old[0])
    put(three, site, kept, 5)
    assert deltas(site) == []  # nothing leads here from releases that are not there any more


def test_what_is_withdrawn_is_in_no_delta(tmp_path: Path) -> None:
    store, made = MemoryStore(), tmp_path / "made"
    goods, kept = [], {}
    for number in (1, 2):
        goods.append(shipment(tmp_path / str(number), number, extra={"downloads/all.bin": bytes(100_000)}))
        kept[goods[-1].release] = tmp_path / str(number)
    publish(goods[0], store, Wishes(), now=lambda: DAY, token="t", judge=trusting)
    target = read_target(store, DAY)
    staying = target.published.with_newest(goods[1].release, DAY)
    secret = next(item for item in goods[1].items if item.path.startswith("tiles/"))
    order = {"signed": {"targets": {f"withdrawn/{secret.about.sha256}": {"length": 0, "hashes": {}}}}}
    told = replace(goods[1], items=(*goods[1].items, item_of(TOMBSTONE, json.dumps(order).encode())))

    def listing(goods: Shipment) -> str:
        items = with_deltas(goods, Kept(kept, made), store, target, staying).items
        source = next(item.source for item in items if item.path.endswith("/delta.json"))
        assert isinstance(source, Path)
        return source.read_text("utf-8")

    assert secret.about.sha256 in listing(goods[1])
    assert secret.about.sha256 not in listing(told)


def test_a_kept_release_that_is_damaged_is_passed_over(tmp_path: Path) -> None:
    goods = shipment(tmp_path / "2", 2)
    damaged = write_release(tmp_path / "1", 1)
    store = MemoryStore()
    publish(read_shipment(damaged), store, Wishes(), now=lambda: DAY, token="t", judge=trusting)
    (next((damaged / "tiles").iterdir())).write_bytes(b"else")
    noted = Noted()
    kept = Kept({id_of(damaged): damaged}, tmp_path / "made")
    target = read_target(store, DAY)
    staying = target.published.with_newest(goods.release, DAY)
    assert with_deltas(goods, kept, store, target, staying, progress=noted).items == goods.items
    assert len(noted.notes) == 1 and id_of(damaged)[:12] in noted.notes[0]


@pytest.mark.parametrize(("before", "names"), [(1, [0]), (5, [4, 1]), (13, [12, 9, 1])])
def test_deltas_lead_from_one_four_and_twelve_back(before: int, names: list[int], tmp_path: Path) -> None:
    goods = shipment(tmp_path / "1", 1)
    older = tuple(Publication(f"{n:064x}", DAY, DAY) for n in range(before))
    staying = Published(None, (*older, Publication(goods.release, DAY)))
    assert list(_earlier(goods, staying)) == [f"{n:064x}" for n in names]
