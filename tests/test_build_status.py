"""What a build tells of the ledger: nil returns, refusals and lateness, to those who may know and to nobody else."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import build
from pipeline.build import build_workspace
from pipeline.intake.ledger import append
from tests.intake.standing_towns import Line, nil, refused
from tests.test_build import contents, light_portal
from tests.towns import FILES, SECRETS, write_town

DAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


def note(root: Path, *lines: Line) -> None:
    for line in lines:
        append(root, line.kind, line.facts, datetime.fromisoformat(line.at))


def status_of(root: Path, edition: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "dist" / edition / "status.json").read_bytes())
    return found


def test_the_ledger_up_to_the_date_of_the_build_and_no_further(tmp_path: Path) -> None:
    text = str(FILES["framework.toml"]).replace(
        'shares = ["unconditional", "conditional"]', 'shares = ["unconditional", "conditional"]\nsubmissions = true'
    )
    town = write_town(tmp_path, {"framework.toml": text})
    note(town, nil("roads", "2026-Q3", "2026-10-20"), refused("water-supply", "2025", "2026-10-21", "swapped axes"))
    build_workspace(town, as_of=DAY)

    public, government = status_of(town, "public"), status_of(town, "government")
    assert (public["as_of"], public["submissions"], government["submissions"]) == ("2026-11-22", False, True)
    told = json.dumps(public, ensure_ascii=False)
    for secret in (*SECRETS, "state", "2026-10-20", "late"):
        assert secret not in told, secret
    by_id = {each["id"]: each for department in government["departments"] for each in department["datasets"]}
    assert {id: each["state"] for id, each in by_id.items()} == {
        "roads": "nil", "districts": "direct", "addresses": "direct", "shops": "direct", "schools": "direct",
        "water-supply": "refused", "pumps": "direct",
    }  # fmt: skip
    assert (by_id["roads"]["late"], by_id["water-supply"]["days"]) == (True, -316)  # due on 10 January 2026
    # Yearly data of September 2026 is fresh until that of 2027 is due; a nil return of the same year confirms no more.
    assert by_id["roads"]["confirmed"] == "2026-09-30" and by_id["roads"]["fresh_until"] == "2028-01-10"
    catalog = json.loads((town / "dist/public/catalog.json").read_bytes())
    assert {dataset["freshness"]["fresh_until"] for dataset in catalog["datasets"]} == {"2028-01-10"}

    before = contents(town / "dist")
    note(town, nil("roads", "2026-Q4", "2027-01-02"), nil("water-supply", "2026", "2027-01-05"))
    build_workspace(town, as_of=DAY)
    assert contents(town / "dist") == before
    build_workspace(town, editions=["government"], as_of=date(2027, 1, 5))
    later = {e["id"]: e for d in status_of(town, "government")["departments"] for e in d["datasets"]}
    assert (later["water-supply"]["state"], later["roads"]["confirmed"]) == ("nil", "2026-12-31")
    assert later["water-supply"]["missed"] == ["2025"]
