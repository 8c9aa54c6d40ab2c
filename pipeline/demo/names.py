"""Invented Chinese place names from a small grammar, and their pinyin."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from pipeline.demo.grid import stream

_SURNAMES: Final = "叶季吴项周沈柳毛郑汤刘廖范胡徐何金陈林蒋曾梅连黄朱张王李杨赵谢邱钟蓝雷练饶俞管鲍"
_NATURE: Final = (
    "云松竹梅枫樟桂兰茶桃杉桐柏枣柿栗白青乌黄红金银石龙凤鹤鹿虎牛马燕雁鹰锦秀清芳碧翠玉宝吉安福长高深双三五七九"
)
_SIDES: Final = "上下大小东西南北前后内外"
_VILLAGE: Final = (
    "村",
    "坪",
    "垟",
    "坞",
    "源",
    "湾",
    "畈",
    "岙",
    "寮",
    "墩",
    "圩",
    "桥",
    "店",
    "屋",
    "埠",
    "塘",
    "田",
    "坛",
)
_HAMLET: Final = (
    "坑",
    "岭脚",
    "垄",
    "坳",
    "排",
    "寮",
    "弄",
    "岗",
    "底",
    "坑口",
    "山头",
    "坪头",
    "田头",
    "坞里",
    "水碓",
    "岭后",
)
_PEAK: Final = ("山", "尖", "峰", "岗", "岩", "顶", "岭", "寨", "坛", "背", "大山", "仙尖", "崖")
_BROOK: Final = ("坑", "溪", "源", "涧", "港")
_VALLEY: Final = ("谷", "垄", "坞", "弄", "湾", "峡")
_STREET_A: Final = (
    "文昌华新中环滨江剑瓷贤秀明德仁和安康宁泰丰瑞祥兴隆怡景翠松鹤凤云天河学府春晖长虹迎宾清风朝阳北辰南屏东升西湖"
)
_SCENIC: Final = ("古窑", "瀑布", "竹海", "古道", "梯田", "廊桥", "红枫岭", "石林", "花海", "古村")

# Characters whose usual reading in place names and surnames is not the commonest one.
_READINGS: Final = {
    "长": "cháng", "曾": "zēng", "重": "chóng", "行": "háng", "朝": "cháo", "乐": "yuè", "查": "zhā", "圩": "wéi",
    "埠": "bù", "畈": "fàn", "垟": "yáng", "岙": "ào", "寮": "liáo", "坛": "tán", "大": "dà", "底": "dǐ", "弄": "lòng",
    "碓": "duì",
    "瓷": "cí", "剑": "jiàn", "溪": "xī", "坞": "wù", "坳": "ào", "中": "zhōng", "和": "hé", "兴": "xīng", "观": "guān",
    "号": "hào", "省": "shěng", "都": "dū", "车": "chē", "校": "xiào", "地": "dì", "场": "chǎng", "保": "bǎo",
    "泊": "bó",    "屏": "píng", "便": "biàn", "石": "shí", "卫": "wèi", "院": "yuàn", "单": "shàn",
}  # fmt: skip
# Generic parts that are words of their own (GB/T 16159); a space divides those that are two. The longer ones first.
_APART: Final = (
    "自然 保护区", "青瓷 博物馆", "森林 公园", "人民 政府", "人民 医院", "卫生院", "中医院", "卫生室", "门诊部",
    "幼儿园", "工业园", "停车场", "客运站", "泥石流", "街道", "水库", "小学", "中学", "医院", "公园", "广场", "市场",
    "大桥", "隧道", "景区", "铁路", "高速", "路口", "街口", "线口", "路侧", "滑坡", "崩塌", "窑址",
    "市", "村", "镇", "乡", "路", "街", "巷", "弄", "线", "溪", "山", "站",
)  # fmt: skip


@cache
def _reading(character: str) -> str:
    from pypinyin import Style, pinyin

    return _READINGS.get(character) or str(pinyin(character, style=Style.TONE)[0][0])


@cache
def pinyin(name: str) -> str:
    """Pinyin with tones, words capitalised, generic parts set apart: 云岭镇小学 → Yúnlǐng Zhèn Xiǎoxué."""
    for words in _APART:
        tail = words.replace(" ", "")
        if name.endswith(tail) and len(name) > len(tail) + 1:
            return " ".join([pinyin(name[: -len(tail)]), *map(_word, words.split())])
    return _word(name)


def _word(text: str) -> str:
    if not text:
        return ""
    joined = ""
    for character in text:
        syllable = _reading(character)
        joined += ("'" if joined and syllable[0] in "aāáǎàeēéěèoōóǒò" and joined[-1].isalpha() else "") + syllable
    return joined[0].upper() + joined[1:]


def english(name: str) -> str:
    """A name in plain letters for English labels: pinyin without tones."""
    import unicodedata

    plain = unicodedata.normalize("NFD", pinyin(name).replace("ü", "u"))
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("'", "")


class Toponyms:
    """Hands out names of one kind after another, never the same twice."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._rng = stream(70)

    def _pick(self, letters: str | tuple[str, ...]) -> str:
        return str(letters[int(self._rng.integers(len(letters)))])

    def _fresh(self, heads: tuple[str, ...], tails: tuple[str, ...], room: int = 60) -> str:
        for attempt in range(1_000):
            head = self._pick(heads[int(self._rng.integers(len(heads)))])
            if attempt > room:  # the short names are used up: put one more character before
                head = self._pick(_SIDES) + head
            name = head + self._pick(tails)
            if name not in self._used and len(set(name)) == len(name):
                self._used.add(name)
                return name
        raise AssertionError("the name grammar is exhausted")

    def village(self) -> str:
        """A village: surname, tree, colour or side + a lie of the land."""
        return self._fresh((_SURNAMES, _NATURE, _NATURE), _VILLAGE)

    def hamlet(self) -> str:
        """A hamlet, deeper in the hills."""
        return self._fresh((_SURNAMES, _NATURE, _SIDES), _HAMLET)

    def peak(self) -> str:
        """A mountain."""
        return self._fresh((_NATURE, _NATURE, _SIDES), _PEAK)

    def brook(self, large: bool) -> str:
        """A river (溪 for the larger ones) or a mountain brook."""
        return self._fresh((_NATURE, _SURNAMES), ("溪", "港") if large else _BROOK)

    def valley(self) -> str:
        """A side valley."""
        return self._fresh((_NATURE, _SURNAMES, _SIDES), _VALLEY)

    def scenic(self) -> str:
        """A sight."""
        return self._fresh((_NATURE,), _SCENIC)

    def street(self, along: bool, main: bool) -> str:
        """A town street: 路 along the valley, 街 or 巷 across it."""
        for _ in range(2_000):
            a, b = self._pick(_STREET_A), self._pick(_STREET_A)
            name = a + b + (("路" if along else "街") if main else ("弄" if along else "巷"))
            if a != b and name not in self._used:
                self._used.add(name)
                return name
        raise AssertionError("the name grammar is exhausted")


def street_names(runs: dict[int, bool], names: Toponyms) -> dict[int, str]:
    """A name for every line of a town's plan; `runs` maps line → is it a main street."""
    return {run: names.street(run >= 0, runs[run]) for run in sorted(runs, key=lambda r: (not runs[r], r))}


def shuffle(seed: int, count: int) -> list[int]:
    """0 … count − 1 in a fixed random order."""
    return [int(i) for i in np.asarray(stream(71, seed).permutation(count))]
