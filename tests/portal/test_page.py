from __future__ import annotations

import pytest

from pipeline.errors import ConfigError
from pipeline.portal.page import render_page
from tests.portal.conftest import catalog

TEMPLATE = "<head><!--longquan:head--></head><noscript><!--longquan:notice--></noscript>"


def render(**options: object) -> str:
    content = catalog(**options)  # type: ignore[arg-type]
    content["platform"]["zh"] = "数字<青溪>"
    return render_page(TEMPLATE, content, styles="styles/light.json", fonts_css="assets/fonts-1.css")


def test_title_and_relative_preloads() -> None:
    page = render()
    assert "<title>数字&lt;青溪&gt;</title>" in page
    assert '<link rel="preload" href="styles/light.json" as="fetch" crossorigin>' in page
    assert '<link rel="stylesheet" href="assets/fonts-1.css">' in page
    assert "http" not in page


def test_review_number_or_pending_and_the_notice_of_a_sample() -> None:
    assert "<p>待审核 · Map review pending</p><p>示例数据，纯属虚构 · Sample data, fictional</p>" in render()
    reviewed = render(sample=False, number="浙S(2026)1号")
    assert "<p>审图号：浙S(2026)1号 · Map review number: 浙S(2026)1号</p>" in reviewed
    assert "待审核" not in reviewed and "虚构" not in reviewed


def test_a_map_that_is_not_for_all_says_so() -> None:
    content = catalog()
    content["edition"]["public"] = False
    page = render_page(TEMPLATE, content, styles="s", fonts_css="f")
    assert "<p>内部使用 · For internal use</p>" in page and "待审核" not in page
    content["review"] = {"number": "浙S(2026)1号"}
    page = render_page(TEMPLATE, content, styles="s", fonts_css="f")
    assert "<p>内部使用 · For internal use</p><p>审图号：浙S(2026)1号" in page


def test_a_page_of_another_version_is_refused() -> None:
    with pytest.raises(ConfigError) as raised:
        render_page("<head></head>", catalog(), styles="s", fonts_css="f")
    assert raised.value.expected == "<!--longquan:head-->, <!--longquan:notice-->"
