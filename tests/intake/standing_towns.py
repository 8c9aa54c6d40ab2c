"""A workspace of handed-in datasets and made-up ledger entries, for tests of the calendar and its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.framework.workspaces import FRAMEWORK, write_workspace


@dataclass(frozen=True)
class Line:
    """What the calendar asks of an entry of the ledger."""

    kind: str
    at: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def accepted(dataset: str, period: str, at: str, currency: str, version: str | None = None, **facts: Any) -> Line:
    told = {"dataset": dataset, "period": period, "currency": currency, "version": version or f"{period}.1", **facts}
    return Line("accepted", _instant(at), told)


def nil(dataset: str, period: str, at: str, currency: str | None = None) -> Line:
    return Line("nil", _instant(at), {"dataset": dataset, "period": period, "currency": currency})


def refused(dataset: str, period: str, at: str, reason: str = "swapped axes") -> Line:
    return Line("refused", _instant(at), {"dataset": dataset, "period": period, "reason": reason})


def _instant(at: str) -> str:
    return at if "T" in at else f"{at}T04:00:00Z"  # noon in China


def dataset(id: str, *, cycle: str = "quarterly", audiences: Sequence[str] = ("public", "government"),
            source: str | None = None, share: str = "unconditional", currency: str = "2025-12-31") -> str:  # fmt: skip
    listed = ", ".join(f'"{audience}"' for audience in audiences)
    return f"""
[[dataset]]
id = "{id}"
title = {{ zh = "数据 {id}", en = "Data {id}" }}
theme = "transport"
{f'source = "{source}"' if source else ""}
currency = {currency}
cycle = "{cycle}"
licence = "CC-BY-4.0"
share = "{share}"
audiences = [{listed}]
schema = "roads"
"""


def department(calendar: str, *datasets: str, name: str = "某局") -> str:
    return f'name = {{ zh = "{name}", en = "A bureau" }}\ncalendar = "{calendar}"\n' + "".join(datasets)


def write_town(root: Path, departments: Mapping[str, str], intake: str = "") -> Path:
    """A workspace of these departments, by id; `intake` is the text below [intake]."""
    files: dict[str, str | None] = {"departments/planning.toml": None, "departments/water.toml": None}
    files["schemas/water-supply.toml"] = None
    framework = FRAMEWORK[: FRAMEWORK.index("[[archive]]")]
    files["framework.toml"] = framework + (f"\n[intake]\n{intake}\n" if intake else "")
    files |= {f"departments/{id}.toml": text for id, text in departments.items()}
    return write_workspace(root, files)
