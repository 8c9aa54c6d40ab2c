"""The example workspace is right as written, and so is every optional setting that it explains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.framework import load_workspace
from pipeline.framework.department import OF_RASTERS
from pipeline.framework.template import template_files


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name, data in template_files():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_it_loads_as_written(workspace: Path) -> None:
    framework = load_workspace(workspace)
    (department, dataset), *rest = framework.datasets
    assert (department.id, dataset.id, rest) == ("planning", "places", [])
    assert (workspace / dataset.source).is_file()
    assert framework.city.sample


def test_every_optional_setting_may_be_uncommented(workspace: Path) -> None:
    """One after the other, so that each stands for itself; `addresses` of the join is the one that must be added."""
    tried = 0
    for path in sorted(workspace.rglob("*.toml")):
        text = path.read_text("utf-8")
        lines = text.splitlines(keepends=True)
        for number, line in enumerate(lines):
            setting = re.match(r"# ([a-z_]+) = ", line)
            if setting is None:
                continue
            tried += 1
            changed = [*lines[:number], line.removeprefix("# "), *lines[number + 1 :]]
            trial = "".join(changed)
            if setting[1] == "join":
                trial = trial.replace("coordinates = {", "# coordinates = {").replace('"addresses"', '"points"')
                trial += (
                    trial[trial.index("[[dataset]]") :].replace('"places"', '"points"', 1).replace("join", "# join")
                )
                trial = trial.replace('theme = "points"', 'theme = "places"')
                trial = trial.replace('target_field = "ADDRESS"', 'target_field = "NAME"')
                (workspace / "schemas/points.toml").write_bytes((workspace / "schemas/places.toml").read_bytes())
            path.write_text(trial, encoding="utf-8")
            load_workspace(workspace)
            path.write_text(text, encoding="utf-8")
    assert tried == 47 + 15 + 1  # framework.toml, departments/, schemas/


def test_every_key_of_the_models_is_explained(workspace: Path) -> None:
    from pipeline.framework import (
        BuildRules,
        City,
        Dataset,
        Department,
        IntakeRules,
        LayerSpec,
        Publish,
        ReleaseRules,
        SchemaField,
    )
    from pipeline.framework.base import Model

    texts = {path.parent.name: path.read_text("utf-8") for path in sorted(workspace.rglob("*.toml"))}
    main = texts[workspace.name]
    cases: list[tuple[type[Model], str]] = [
        (City, main),
        (Publish, main),
        (BuildRules, main),
        (IntakeRules, main),
        (ReleaseRules, main),
        (LayerSpec, main),
        (Department, texts["departments"]),
        (Dataset, texts["departments"]),
        (SchemaField, texts["schemas"]),
    ]
    for model, text in cases:
        for key, info in model.model_fields.items():
            name = info.alias or key
            if (model, name) in {(Department, "id"), (Department, "dataset")}:
                continue  # the file's name; the tables themselves
            if (model, name) in {(Dataset, key) for key in ("kind", *OF_RASTERS)}:
                assert f"#   {name} = " in text, name  # of rasters, which have a dataset of their own there
                continue
            assert re.search(rf"^(# )?{name} = ", text, re.MULTILINE), f"{model.__name__}.{name}"
