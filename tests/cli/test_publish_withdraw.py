"""`longquan publish --withdraw` and `--withdraw-order`, as the people typing them see it, on a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.intake.ledger import entries
from pipeline.publish.folder import FolderStore
from pipeline.release.trust.signing import append_signature
from tests.publish.leaky import Leaky


def test_from_the_leak_to_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target, dist = tmp_path / "target", tmp_path / "ws" / "dist" / "public"
    leaky = Leaky(tmp_path, FolderStore(target))
    for number in (1, 2):
        leaky.publish(number, monkeypatch)
    metadata = {f"metadata/{name}": data for name, data in leaky.bureau.files.items()}
    for path, data in {**leaky.files[1], "release.json": leaky.manifests[1], **metadata}.items():
        (dist / path).parent.mkdir(parents=True, exist_ok=True)
        (dist / path).write_bytes(data)
    order = tmp_path / "order" / "pipes.json"
    common = ["publish", str(dist), str(target), "-w", str(tmp_path / "ws"), "--lang", "en"]
    assert main([*common, "--withdraw", "pipes", "--reason", "a leak"]) == 2
    assert main([*common, "--withdraw", "trees", "--reason", "a leak", "--order", str(order)]) == 2
    assert not order.exists()
    assert main([*common, "--withdraw", "pipes", "--reason", "a leak", "--order", str(order)]) == 0
    assert f"longquan sign {order} --as survey" in capsys.readouterr().out
    assert {path.name for path in order.parent.iterdir()} == {"pipes.json", "root.json", "targets.json"}

    carry_out = [*common, "--withdraw-order", str(order)]
    assert main([*carry_out, "--apply"]) == 1  # nobody has signed it
    (target / "tiles").stat()
    signed = append_signature(
        order.read_bytes(),
        leaky.bureau.key("secrecy"),
        "secrecy",
        order.with_name("root.json").read_bytes(),
        targets=order.with_name("targets.json").read_bytes(),
    )
    order.write_bytes(signed)
    made = tmp_path / "ws" / ".cache/deltas/public/aaaaaaaaaaaa-bbbbbbbbbbbb/delta.json"
    made.parent.mkdir(parents=True)
    made.write_text("{}")  # a part of a delta may be of what leaked
    leaked = sorted((target / "tiles").glob("pipes-*"))
    assert leaked and main(carry_out) == 0 and all(path.exists() for path in leaked)
    assert "Nothing was changed" in capsys.readouterr().out and made.exists()
    assert main([*carry_out, "--apply", "--json"]) == 0
    assert not made.parent.exists()
    told = json.loads(capsys.readouterr().out)
    assert told["applied"] and not any(path.exists() for path in leaked)
    assert not list((dist / "tiles").glob("pipes-*")) and (dist / "metadata/withdrawn.json").read_bytes() == signed
    purge = Path(told["purge_list"]).read_text().splitlines()
    assert set(told["delete"]) <= set(purge) and "index.html" in purge
    assert "a leak" in Path(told["notice"]).read_text("utf-8")
    (line,) = [each for each in entries(tmp_path / "ws") if each.kind == "withdrawn"]
    assert line.facts["removed"] == len(told["delete"]) and line.facts["reasons"] == ["a leak"]
    # Once more changes nothing, and is no second decision.
    assert main([*carry_out, "--apply"]) == 0
    assert len([each for each in entries(tmp_path / "ws") if each.kind == "withdrawn"]) == 1
    assert main([*carry_out, "--withdraw", "pipes"]) == 2
