"""A folder changes as a whole or not at all, whatever happens in between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.making.stage import Stage, exclusive, place_file


def content(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "dist" / "public"
    folder.mkdir(parents=True)
    (folder / "a").write_text("old")
    return folder


def test_commit_replaces_everything(target: Path) -> None:
    with Stage(target) as stage:
        (stage.folder / "b").write_text("new")
        assert content(target) == {"a": "old"}
        stage.commit()
    assert content(target.parent) == {"public/b": "new"}


def test_the_first_build_needs_no_folder(tmp_path: Path) -> None:
    with Stage(tmp_path / "dist" / "public") as stage:
        (stage.folder / "b").write_text("new")
        stage.commit()
    assert content(tmp_path) == {"dist/public/b": "new"}


def test_the_folder_behind_a_link_is_replaced_as_often_as_one_likes(target: Path, tmp_path: Path) -> None:
    served = tmp_path / "disk" / "www"
    served.parent.mkdir()
    target.rename(served)
    target.symlink_to(served)
    for text in ("second", "third"):
        with Stage(target) as stage:
            (stage.folder / "a").write_text(text)
            stage.commit()
        assert content(served.parent) == {"www/a": text}
        assert target.is_symlink() and content(target) == {"a": text}
    assert [path.name for path in target.parent.iterdir()] == ["public"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit])
def test_any_failure_leaves_the_old_folder_and_nothing_else(target: Path, failure: type[BaseException]) -> None:
    with pytest.raises(failure), Stage(target) as stage:
        (stage.folder / "b").write_text("new")
        raise failure
    assert content(target.parent) == {"public/a": "old"}


def test_a_swap_that_fails_in_the_middle_is_taken_back(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def failing(self: Path, other: Path) -> Path:
        if self.name == ".public.new":
            raise OSError(5, "Input/output error")
        return rename(self, other)

    with pytest.raises(OutputError, match="Input/output error"), Stage(target) as stage:
        (stage.folder / "b").write_text("new")
        monkeypatch.setattr(Path, "rename", failing)
        stage.commit()
    assert content(target.parent) == {"public/a": "old"}


def test_ctrl_c_between_the_renames_is_taken_back(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def interrupted(self: Path, other: Path) -> Path:
        done = rename(self, other)
        if self == target:
            raise KeyboardInterrupt
        return done

    with pytest.raises(KeyboardInterrupt), Stage(target) as stage:
        (stage.folder / "b").write_text("new")
        monkeypatch.setattr(Path, "rename", interrupted)
        stage.commit()
    assert content(target.parent) == {"public/a": "old"}


def test_what_a_killed_build_left_is_set_right(target: Path) -> None:
    target.rename(target.with_name(".public.old"))  # killed between the two renames
    (target.with_name(".public.new")).mkdir()
    (target.with_name(".public.new") / "half").write_text("")
    with Stage(target) as stage:
        assert content(target) == {"a": "old"}
        assert content(stage.folder) == {}
    assert content(target.parent) == {"public/a": "old"}


def test_an_old_folder_whose_successor_came_is_removed(target: Path) -> None:
    old = target.with_name(".public.old")
    old.mkdir()
    (old / "x").write_text("older")
    with Stage(target):
        pass
    assert content(target.parent) == {"public/a": "old"}


def test_one_build_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / ".cache" / "build.lock"
    program = (
        "import sys; from pathlib import Path; from pipeline.making.stage import exclusive\n"
        "with exclusive(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == "in\n"
        with pytest.raises(OutputError, match="another build"), exclusive(lock):
            pytest.fail("two builds at once")
        other.stdin.close()
        assert other.wait() == 0
    with exclusive(lock):
        pass


def test_a_placed_file_has_the_same_content_even_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("x")
    place_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "x"

    def refuse(*_: object) -> None:
        raise OSError(1, "not here")

    monkeypatch.setattr("os.link", refuse)
    place_file(tmp_path / "a", tmp_path / "c")
    assert (tmp_path / "c").read_text() == "x"
    with pytest.raises(OutputError):
        place_file(tmp_path / "a", tmp_path / "missing" / "c")
