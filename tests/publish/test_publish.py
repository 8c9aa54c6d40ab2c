"""Planning and carrying out, in memory and in a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import InputError, PolicyRefusal, UsageError
from pipeline.publish.folder import FolderStore
from pipeline.publish.plan import Plan
from pipeline.publish.publishing import Wishes, plan_publication, publish
from pipeline.publish.refusals import refuse_open
from pipeline.publish.shipment import Shipment, read_shipment
from pipeline.publish.stages import Stage, stage_of
from pipeline.publish.store import About, Condition, MemoryStore, Store
from tests.publish.releases import find_fault, shipment, sums_of, trusting, write_release

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def go(goods: Shipment, store: Store, now: datetime = DAY, **wishes: object) -> Plan:
    plan, _applied = publish(goods, store, Wishes(**wishes), now=lambda: now, token="t", judge=trusting)  # type: ignore[arg-type]
    return plan


def look(goods: Shipment, store: Store, now: datetime = DAY, **wishes: object) -> Plan:
    return plan_publication(goods, store, Wishes(**wishes), now, judge=trusting)  # type: ignore[arg-type]


def reader(store: Store) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        return b"".join(store.read(path).blocks) if store.about(path) else None

    return read


def paths(store: Store) -> set[str]:
    return {entry.path for entry in store.list()}


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else FolderStore(tmp_path / "www")


class Recording(MemoryStore):
    """Remembers the order of writes and deletions."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def write(self, path: str, source: Path | bytes, about: About, condition: Condition | None = None) -> str:
        etag = super().write(path, source, about, condition)
        self.done.append(path)
        return etag

    def delete(self, path: str) -> None:
        super().delete(path)
        self.done.append("-" + path)


def test_the_first_release(tmp_path: Path, store: Store) -> None:
    goods = shipment(tmp_path / "one", 1)
    plan = look(goods, store)
    assert plan.there == () and plan.target.current is None
    assert list(store.list()) == [], "a plan changes nothing"
    go(goods, store)
    sums = sums_of(tmp_path / "one")
    assert find_fault(reader(store), [sums]) is None
    assert paths(store) == set(sums) | {
        "SHA256SUMS", "SM3SUMS", "metadata/1.root.json", "metadata/root.json", "metadata/1.targets.json",
        "metadata/1.snapshot.json", "metadata/timestamp.json", "metadata/publishing.json", "metadata/published.json",
        f"metadata/release-{goods.release[:12]}.json",
    }  # fmt: skip
    for path in sums:
        assert reader(store)(path) == (tmp_path / "one" / path).read_bytes(), path


def test_the_same_again_sends_nothing(tmp_path: Path) -> None:
    store = Recording()
    goods = shipment(tmp_path / "one", 1)
    go(goods, store)
    store.done.clear()
    plan = go(goods, store, DAY + timedelta(days=1))
    assert plan.idle and plan.uploads == ()
    assert set(store.done) == {"metadata/publishing.json"}  # the lease


def test_the_second_release_sends_what_is_new(tmp_path: Path, store: Store) -> None:
    first, second = shipment(tmp_path / "one", 1), shipment(tmp_path / "two", 2)
    go(first, store)
    plan = look(second, store, DAY + timedelta(days=7))
    one, two = sums_of(tmp_path / "one"), sums_of(tmp_path / "two")
    assert {item.path for item in plan.there} == {path for path in two if one.get(path) == two[path]} | {
        "metadata/1.root.json",
        "metadata/root.json",
    }
    assert plan.pruning.paths == ()
    assert set(plan.pruning.held) == (set(one) - set(two)) | {f"metadata/release-{first.release[:12]}.json"}
    go(second, store, DAY + timedelta(days=7))
    assert find_fault(reader(store), [two, one]) is None
    assert set(one) | set(two) < paths(store), "what the old release names stays"
    record = json.loads(reader(store)("metadata/published.json") or b"")
    assert record["releases"] == [
        {"release": first.release, "published": "2026-11-23T09:00:00Z", "replaced": "2026-11-30T09:00:00Z",
         "pinned": False},
        {"release": second.release, "published": "2026-11-30T09:00:00Z", "replaced": None, "pinned": False},
    ]  # fmt: skip


def test_what_is_named_goes_before_what_names_it(tmp_path: Path) -> None:
    store = Recording()
    go(shipment(tmp_path / "one", 1), store)
    order = [path for path in store.done if path not in ("metadata/publishing.json", "metadata/unfinished.json")]
    assert [stage_of(path) for path in order[:-2]] == sorted(stage_of(path) for path in order[:-2])
    assert order[-3:] == ["metadata/timestamp.json", "metadata/published.json", "-metadata/unfinished.json"]
    assert order[-5:-3] == ["metadata/1.snapshot.json", "release.json"]
    assert store.done[4 - 1] != "metadata/timestamp.json"


@pytest.mark.parametrize(
    ("path", "stage", "cache"),
    [
        ("tiles/framework-0123456789ab.pmtiles", Stage.CONTENT, "public, max-age=31536000, immutable"),
        ("tiles/framework-0123456789ab.explain.parquet", Stage.PARTS, "no-cache"),
        ("assets/index-BQa92gKn.js", Stage.CONTENT, "public, max-age=31536000, immutable"),
        ("assets/sprites/sprite-3f6702e626@2x.png", Stage.CONTENT, "public, max-age=31536000, immutable"),
        ("assets/glyphs/Noto Sans SC Bold/0-255.pbf", Stage.PARTS, "no-cache"),
        ("tilejson/framework.json", Stage.TILEJSON, "no-cache"),
        ("hotlink/tilejson/framework.json", Stage.TILEJSON, "no-cache"),
        ("styles/light.json", Stage.STYLES, "no-cache"),
        ("catalog.json", Stage.CATALOGUE, "no-cache"),
        ("services/iso/index.html", Stage.CATALOGUE, "no-cache"),
        ("data/roads.html", Stage.PAGES, "no-cache"),
        ("index.html", Stage.FRONT, "no-cache"),
        ("metadata/2.root.json", Stage.SIGNATURES, "public, max-age=31536000, immutable"),
        ("metadata/7.snapshot.json", Stage.SNAPSHOT, "public, max-age=31536000, immutable"),
        ("release.json", Stage.MANIFEST, "no-cache"),
        ("metadata/timestamp.json", Stage.TIMESTAMP, "no-cache"),
    ],
)
def test_stages_and_caching(path: str, stage: Stage, cache: str) -> None:
    from pipeline.publish.stages import cache_of

    assert (stage_of(path), cache_of(path)) == (stage, cache)


def test_files_are_served_as_what_they_are(tmp_path: Path) -> None:
    store = MemoryStore()
    goods = shipment(tmp_path / "one", 1)
    go(goods, store)
    (archive,) = (path for path in paths(store) if path.startswith("tiles/framework-"))
    assert (store.served(archive).type, store.served(archive).cache) == (
        "application/vnd.pmtiles", "public, max-age=31536000, immutable",
    )  # fmt: skip
    assert (store.served("index.html").type, store.served("index.html").cache) == (
        "text/html; charset=utf-8", "no-cache",
    )  # fmt: skip
    assert store.served("SHA256SUMS").type == "text/plain; charset=utf-8"


def test_old_releases_go_when_neither_count_nor_days_keep_them(tmp_path: Path, store: Store) -> None:
    goods = [shipment(tmp_path / str(n), n) for n in range(1, 6)]
    sums = [sums_of(tmp_path / str(n)) for n in range(1, 6)]
    for day, each in zip((0, 10, 20, 30), goods, strict=False):
        assert go(each, store, DAY + timedelta(days=day)).dropped == ()
    assert set(sums[0]) <= paths(store), "the fourth last, but replaced 20 days ago"
    plan = look(goods[4], store, DAY + timedelta(days=192))
    # The first was replaced on day 10, 182 days ago; the second on day 20, 172 days ago.
    assert plan.dropped == (goods[0].release,)
    go(goods[4], store, DAY + timedelta(days=192))
    only = set(sums[0]) - set().union(*sums[1:])
    assert "data/only-1.html" in only and any(path.startswith("tiles/") for path in only)
    assert not paths(store) & only
    assert f"metadata/release-{goods[0].release[:12]}.json" not in paths(store)
    assert set().union(*sums[1:]) <= paths(store)
    assert find_fault(reader(store), sums[1:]) is None
    # Numbered signatures: those of the newest and of the one before it.
    assert {path for path in paths(store) if "targets" in path} == {
        "metadata/4.targets.json",
        "metadata/5.targets.json",
    }
    assert "metadata/1.root.json" in paths(store)
    # All replaced long ago: the last three stay.
    plan = look(goods[4], store, DAY + timedelta(days=2000))
    assert plan.dropped == (goods[1].release,)


def test_what_goes_goes_before_what_it_names(tmp_path: Path) -> None:
    store = Recording()
    for n in (1, 2, 3):
        go(shipment(tmp_path / str(n), n), store, DAY + timedelta(days=200 * n), keep=1)
    gone = [path[1:] for path in store.done if path.startswith("-") and path != "-metadata/unfinished.json"]
    second = [path for path in gone if path in sums_of(tmp_path / "1") or "release-" in path]
    assert [stage_of(path) for path in second] == sorted((stage_of(path) for path in second), reverse=True)
    assert second[0].startswith("metadata/release-") and second[-1].startswith("tiles/")


def test_a_pinned_release_stays(tmp_path: Path, store: Store) -> None:
    goods = [shipment(tmp_path / str(n), n) for n in range(1, 4)]
    go(goods[0], store)
    go(goods[1], store, DAY + timedelta(days=1), pin=(goods[0].release[:8],))
    go(goods[2], store, DAY + timedelta(days=900), keep=1)
    assert set(sums_of(tmp_path / "1")) <= paths(store)
    plan = look(goods[2], store, DAY + timedelta(days=900), keep=1, unpin=(goods[0].release[:8],))
    assert plan.dropped == (goods[0].release,)
    with pytest.raises(UsageError, match="no single release"):
        look(goods[2], store, pin=("ffffffffff00",))


def test_what_belongs_to_others_is_left_alone(tmp_path: Path, store: Store) -> None:
    store.write("intranet/notes.txt", b"ours", About("text/plain", "", sha(b"ours")))
    store.write("tiles/other-0123456789ab.pmtiles", b"x", About("", "", sha(b"x")))
    for n in (1, 2, 3):
        plan = go(shipment(tmp_path / str(n), n), store, DAY + timedelta(days=400 * n), keep=1)
    assert plan.pruning.foreign == 2
    assert {"intranet/notes.txt", "tiles/other-0123456789ab.pmtiles"} <= paths(store)


def test_hotlink_is_made_for_the_target_and_remembered(tmp_path: Path, store: Store) -> None:
    go(shipment(tmp_path / "1", 1), store, base_url="https://map.example.cn/lq")
    read = reader(store)
    tilejson = json.loads(read("hotlink/tilejson/framework.json") or b"")
    assert tilejson["tiles"][0].startswith("pmtiles://https://map.example.cn/lq/tiles/framework-")
    go(shipment(tmp_path / "2", 2), store, DAY + timedelta(days=1))
    newer = json.loads(read("hotlink/tilejson/framework.json") or b"")
    assert newer["tiles"][0].startswith("pmtiles://https://map.example.cn/lq/tiles/framework-")
    assert newer != tilejson


def test_the_plan_is_the_same_each_time(tmp_path: Path, store: Store) -> None:
    go(shipment(tmp_path / "1", 1), store)
    goods = shipment(tmp_path / "2", 2)
    shutil.copytree(tmp_path / "2", tmp_path / "copy")
    plans = [look(goods, store, threads=threads) for threads in (1, 8)]
    assert plans[0] == plans[1]
    copied = look(read_shipment(tmp_path / "copy"), store)
    assert [upload.item.path for upload in copied.uploads] == [upload.item.path for upload in plans[0].uploads]
    assert copied.requests == plans[0].requests


def sha(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


# What is refused.


def test_a_real_city_needs_its_review_number(tmp_path: Path, store: Store) -> None:
    goods = shipment(tmp_path / "1", 1, sample=False)
    with pytest.raises(PolicyRefusal, match="no map review number") as error:
        go(goods, store)
    assert error.value.exit_code == 3
    assert list(store.list()) == []
    go(shipment(tmp_path / "2", 1, sample=False, review="浙S(2026)1号"), store)


def test_what_is_not_for_everybody_needs_no_review_number(tmp_path: Path, store: Store) -> None:
    go(shipment(tmp_path / "1", 1, sample=False, edition="government"), store)
    assert reader(store)("release.json") is not None


def test_an_edition_for_everybody_may_be_called_anything(tmp_path: Path) -> None:
    goods = shipment(tmp_path / "1", 1)
    citizens = replace(goods, manifest={**goods.manifest, "edition": "citizens"})
    assert refuse_open(citizens, True) is None
    closed = replace(goods, manifest={**goods.manifest, "edition": "public", "public": False})
    with pytest.raises(PolicyRefusal, match="not for everybody"):
        refuse_open(closed, True)


def test_an_older_release_does_not_go_over_a_newer_one(tmp_path: Path, store: Store) -> None:
    first, second = shipment(tmp_path / "1", 1), shipment(tmp_path / "2", 2)
    go(first, store)
    go(second, store, DAY + timedelta(days=1))
    before = paths(store)
    with pytest.raises(PolicyRefusal, match="older than"):
        go(first, store, DAY + timedelta(days=2))
    assert paths(store) == before
    go(first, store, DAY + timedelta(days=2), rollback=True)
    assert find_fault(reader(store), [sums_of(tmp_path / "1"), sums_of(tmp_path / "2")]) is None
    assert reader(store)("release.json") == (tmp_path / "1/release.json").read_bytes()


def test_another_older_release_neither(tmp_path: Path, store: Store) -> None:
    go(shipment(tmp_path / "5", 5), store)
    with pytest.raises(PolicyRefusal, match="older than"):
        go(shipment(tmp_path / "4", 4), store)


def test_an_edition_does_not_go_over_another(tmp_path: Path, store: Store) -> None:
    go(shipment(tmp_path / "1", 1), store)
    with pytest.raises(PolicyRefusal, match="holds edition public of city 331181"):
        go(shipment(tmp_path / "2", 2, edition="government"), store)


@pytest.mark.parametrize("target", ["index.html", "hotlink/styles/light.json"])
def test_links_are_not_followed_out_of_the_release(tmp_path: Path, store: Store, target: str) -> None:
    folder = write_release(tmp_path / "1", 1)
    (tmp_path / "secret").write_bytes((folder / "index.html").read_bytes())
    (folder / target).parent.mkdir(parents=True, exist_ok=True)
    (folder / target).unlink(missing_ok=True)
    (folder / target).symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="link"):
        read_shipment(folder)


@pytest.mark.parametrize("path", ["../out.html", "/etc/x.html", "a//b.html", "con.html", "a\\b.html", "metadata/../x"])
def test_hostile_names(tmp_path: Path, path: str) -> None:
    folder = write_release(tmp_path / "1", 1)
    manifest = json.loads((folder / "release.json").read_text())
    manifest["files"].append({"path": path, "bytes": 1, "sha256": "0" * 64, "type": "text/html"})
    (folder / "release.json").write_text(json.dumps(manifest))
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  {path}\n")
    with pytest.raises(InputError):
        read_shipment(folder)


def test_a_folder_store_stays_in_its_folder(tmp_path: Path) -> None:
    from pipeline.errors import OutputError

    store = FolderStore(tmp_path / "www")
    (tmp_path / "www").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "www/linked").symlink_to(tmp_path / "elsewhere")
    for path in ("../x", "/x", "a/../../x", "linked/x", ""):
        with pytest.raises(OutputError):
            store.write(path, b"x", About("", "", sha(b"x")))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert [entry.path for entry in store.list()] == []


def test_hostile_records_delete_nothing_elsewhere(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "www")
    go(shipment(tmp_path / "1", 1), store)
    (tmp_path / "precious").write_text("x")
    record = {"version": 1, "paths": ["../precious", "/etc/passwd", "tiles/none-0123456789ab.pmtiles"]}
    (tmp_path / "www/metadata/unfinished.json").write_text(json.dumps(record))
    go(shipment(tmp_path / "2", 2), store)
    assert (tmp_path / "precious").exists()
    assert not (tmp_path / "www/metadata/unfinished.json").exists()


def test_an_altered_file_stops_everything(tmp_path: Path, store: Store) -> None:
    from pipeline.publish.store import Altered

    goods = shipment(tmp_path / "1", 1)
    (archive,) = (tmp_path / "1/tiles").glob("framework-*.pmtiles")
    archive.write_bytes(b"changed after it was checked")
    with pytest.raises(Altered):
        go(goods, store)
    assert "release.json" not in paths(store)
    with pytest.raises(InputError, match=r"framework-\w+\.pmtiles"):
        read_shipment(tmp_path / "1")
