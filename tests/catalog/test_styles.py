from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.catalog.styles import styles_of
from pipeline.errors import ConfigError


def archives(*products: str) -> Any:
    return [SimpleNamespace(raster=SimpleNamespace(product=product) if product else None) for product in products]


@pytest.mark.parametrize(
    ("asked", "products", "ids"),
    [
        ((), [""], ["light", "dark"]),
        ((), [], ["light", "dark"]),
        ((), ["", "imagery"], ["light", "dark", "imagery-hybrid"]),
        ((), ["terrain", "imagery"], ["light", "dark", "imagery-hybrid", "terrain"]),
        ((), ["tint"], ["light", "dark", "terrain"]),
        ((), ["hillshade", "slope"], ["light", "dark"]),
        (("dark",), ["terrain", "imagery"], ["dark"]),
        (("terrain", "light"), ["terrain"], ["terrain", "light"]),  # the order asked for
        (("light", "imagery-hybrid"), ["terrain"], ["light"]),  # no imagery in this edition
    ],
)
def test_looks_are_those_asked_for_that_there_is_data_for(asked: Any, products: list[str], ids: list[str]) -> None:
    assert [entry["id"] for entry in styles_of(asked, archives(*products))] == ids


def test_an_entry_tells_name_address_and_the_base_map_it_is_for() -> None:
    assert styles_of(["imagery-hybrid"], archives("imagery")) == [
        {
            "id": "imagery-hybrid",
            "title": {"zh": "影像注记", "en": "Hybrid"},
            "href": "styles/imagery-hybrid.json",
            "base": "hybrid",
        }
    ]


def test_an_unknown_look_is_refused() -> None:
    with pytest.raises(ConfigError) as raised:
        styles_of(["lihgt"], archives(""))
    assert "lihgt" in str(raised.value)
    assert raised.value.expected == "light, dark, imagery-hybrid, terrain"
