from __future__ import annotations

import pytest

from pipeline.demo.names import english, pinyin


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("龙泉市", "Lóngquán Shì"),
        ("云剑铁路", "Yúnjiàn Tiělù"),
        ("云剑高速", "Yúnjiàn Gāosù"),
        ("剑云线", "Jiànyún Xiàn"),
        ("云岭镇", "Yúnlǐng Zhèn"),
        ("泰中弄", "Tàizhōng Lòng"),
        ("仁瓷路口", "Réncí Lùkǒu"),
        ("东屏路路侧停车场", "Dōngpíng Lù Lùcè Tíngchēchǎng"),
        ("七塘村卫生室", "Qītáng Cūn Wèishēngshì"),
        ("东升幼儿园", "Dōngshēng Yòu'éryuán"),
        ("龙泉市中医院", "Lóngquán Shì Zhōngyīyuàn"),
        ("龙泉市人民医院停车场", "Lóngquán Shì Rénmín Yīyuàn Tíngchēchǎng"),
        ("七峰自然保护区", "Qīfēng Zìrán Bǎohùqū"),
        ("上水碓泥石流", "Shàngshuǐduì Níshíliú"),
        ("黄溪", "Huángxī"),  # one syllable before the generic part is written together with it
        ("东山头", "Dōngshāntóu"),
        ("西安", "Xī'ān"),
    ],
)
def test_generic_parts_are_words_of_their_own(name: str, spelling: str) -> None:
    assert pinyin(name) == spelling


def test_english_has_plain_letters() -> None:
    assert english("龙泉市") == "Longquan Shi"
    assert english("东升幼儿园") == "Dongsheng Youeryuan"
