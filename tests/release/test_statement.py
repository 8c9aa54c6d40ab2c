"""release.json is told what came before it; whoever is stopped in that goes on, and no folder seems altered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.release import manifest
from pipeline.release.manifest import resume_statement, state_release
from pipeline.standalone.verify import check
from tests.publish.releases import write_release

PREVIOUS = {"release": "ab" * 32, "manifest_sha256": "cd" * 32}
REVIEW = {"number": "浙S(2026)1号", "scope": "ef" * 32}


class Killed(BaseException):
    """Nothing is done after that moment."""


def stated(dist: Path) -> bool:
    told = json.loads((dist / "release.json").read_bytes())
    return bool(told.get("previous") == PREVIOUS and told["review"] == REVIEW)


def test_killed_between_any_two_files_it_goes_on(tmp_path: Path) -> None:
    real, outcomes = manifest.write_file, []
    for step in range(10):
        dist = write_release(tmp_path / str(step) / "public", 1)
        assert check(str(dist)).faults == ()
        written = 0

        def write(path: Path, data: bytes, step: int = step) -> None:
            nonlocal written
            if written == step:
                raise Killed
            written += 1
            real(path, data)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(manifest, "write_file", write)
            try:
                state_release(dist, previous=PREVIOUS, review=REVIEW)
                finished = True
            except Killed:
                finished = False
        resume_statement(dist)
        assert check(str(dist)).faults == ()
        outcomes.append(stated(dist))
        state_release(dist, previous=PREVIOUS, review=REVIEW)
        assert stated(dist) and check(str(dist)).faults == ()
        assert not [path.name for path in dist.parent.iterdir() if path.name.endswith("release.json")]
        if finished:
            break
    # Before the first list was exchanged nothing has begun; after it, it is finished.
    assert finished and outcomes[:2] == [False, False] and all(outcomes[2:]) and len(outcomes) >= 4


def test_what_was_left_by_an_earlier_build_is_not_put_over_a_later_one(tmp_path: Path) -> None:
    dist = write_release(tmp_path / "public", 1)
    before = (dist / "release.json").read_bytes()
    (tmp_path / ".public.release.json").write_bytes(b"{}")
    resume_statement(dist)
    assert (dist / "release.json").read_bytes() == before and not (tmp_path / ".public.release.json").exists()
    assert check(str(dist)).faults == ()
