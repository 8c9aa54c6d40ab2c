"""status.html and status.json: how fresh what an edition shows is, and, where it may be told, who handed in what.

Both list the datasets of the edition's catalogue and no others: what is not published has no duty that anyone could
read of, and its department none either. Whether submissions are told is said in framework.toml (`submissions`); a
public edition never tells them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.intake.calendar import STATES, Standing
from pipeline.intake.freshness import LIGHTS
from pipeline.portal.dataset_pages import light_of
from pipeline.portal.files import json_bytes
from pipeline.portal.pages import Frame, lights_script

PAGE = "status.html"
DATA = "status.json"
VERSION = 1


def edition_status(
    catalog: Mapping[str, Any], standings: Sequence[Standing] = (), *, submissions: bool = False
) -> dict[str, Any]:
    """The content of status.json: the datasets of `catalog` by department.

    Lights are those of the catalogue's date; with the two dates beside each they can be recomputed on any other. Of
    `standings` only those of the catalogue's datasets are looked at, and only with `submissions`.
    """
    by_id = {each.dataset.id: each for each in standings} if submissions else {}
    as_of = catalog["as_of"]
    departments: dict[str, dict[str, Any]] = {}
    for dataset in catalog["datasets"]:
        owner = dataset["department"]
        department = departments.setdefault(owner["id"], {"id": owner["id"], "name": owner["name"], "datasets": []})
        standing = by_id.get(dataset["id"])
        department["datasets"].append(
            {
                "id": dataset["id"],
                "title": dataset["title"],
                "page": dataset["page"],
                "theme": dataset["theme"],
                "cycle": dataset["cycle"],
                "currency": dataset["currency"],
                **dataset["freshness"],
                "light": light_of(dataset, as_of),
                **(_submission(standing, as_of) if standing is not None else {}),
            }
        )
    listed = [departments[id] for id in sorted(departments)]
    for department in listed:
        department.update(_counts(department["datasets"], submissions))
    told = {"version": VERSION, "edition": catalog["edition"]["id"], "as_of": as_of, "submissions": submissions}
    return {**told, **_counts([d for each in listed for d in each["datasets"]], submissions), "departments": listed}


def status_pages(frame: Frame, status: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Path below the published folder and content of the page and its data."""
    yield DATA, json_bytes(status)
    yield PAGE, frame.render("status.html", PAGE, status=status, script=lights_script()[0])


def _submission(standing: Standing, as_of: str) -> dict[str, Any]:
    """What is told of a duty; why a package was refused is between its department and the bureau."""
    duty = standing.duty
    return {
        "state": standing.state,
        "period": duty.period.text if duty else None,
        "due": duty.due.isoformat() if duty else None,
        "days": (duty.due - date.fromisoformat(as_of)).days if duty else None,
        "on": duty.on.isoformat() if duty and duty.on else None,
        "late": duty.late if duty else False,
        "missed": [period.text for period in standing.missed],
    }


def _counts(datasets: Sequence[Mapping[str, Any]], submissions: bool) -> dict[str, dict[str, int]]:
    """How many datasets have each light, and are in each state; those of none are left out."""
    lights = Counter(dataset["light"] for dataset in datasets)
    counts: dict[str, dict[str, int]] = {"lights": {light: lights[light] for light in LIGHTS if lights[light]}}
    if submissions:
        states = Counter(dataset.get("state") for dataset in datasets)
        counts["states"] = {state: states[state] for state in STATES if states[state]}
    return counts
