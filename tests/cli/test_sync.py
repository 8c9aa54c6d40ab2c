"""`longquan sync` as it is typed."""

from __future__ import annotations

import hashlib
import importlib
import json
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.publish.following import publish, publisher, running
from tests.release.install.signed import Press
from tests.release.trust.bureau import NOW


class Today(datetime):
    """A day on which what the bureau signed holds."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW


def test_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.publish.origin.time.sleep", lambda seconds: None)
    monkeypatch.setattr(importlib.import_module("pipeline.cli.sync"), "datetime", Today)
    press, home = Press(tmp_path / "bureau"), tmp_path / "office"
    with publisher(tmp_path / "site") as server:
        id = publish(tmp_path / "site", press.release("one"))
        typed = ["sync", server.address, str(home), "--lang", "en"]
        assert main(typed) == 2  # nobody said whom to trust: the fingerprint to compare is told
        assert hashlib.sha256(press.root_file.read_bytes()).hexdigest() in capsys.readouterr().err
        assert main([*typed, "--root", str(press.root_file)]) == 0
        assert f"Release {id[:12]} of 2026-11-22 runs:" in capsys.readouterr().out
        assert main(typed) == 0 and capsys.readouterr().out == f"Nothing new: release {id[:12]} runs.\n"
        next_id = publish(tmp_path / "site", press.release("two"))
        assert main([*typed, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["what"], told["release"], running(home)) == ("installed", next_id, next_id)
    assert main(["sync", "office", str(home)]) == 2
