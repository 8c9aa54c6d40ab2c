"""`longquan doctor` as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.standalone.serve import FolderServer
from tests.publish.site import FaultyServer, running, write_site


def test_fit_and_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = write_site(tmp_path)
    with running(FolderServer(str(site), "127.0.0.1", 0)) as address:
        assert main(["doctor", address, "--lang", "en"]) == 0
        assert capsys.readouterr().out.startswith(f"{address}: fit to serve a release\n")
    server = FaultyServer(site)
    server.faults = frozenset({"no-preflight", "asks-who", "named-origins"})
    with running(server) as address:
        assert main(["doctor", address.replace("//", "//li:geheim@"), "--server", "caddy", "--lang", "en"]) == 1
        out = capsys.readouterr().out
        assert "seen: status 405 for a preflight" in out and "respond @preflight 204" in out
        assert "geheim" not in out and "add_header" not in out and out.endswith("1 fault · 0 notices\n")
        server.faults = frozenset({"no-preflight"})
        assert main(["doctor", address, "--json", "--lang", "zh"]) == 1
        result = json.loads(capsys.readouterr().out)
        assert [finding["seen"] for finding in result["findings"]] == ["预检请求得到状态 405"]
        assert set(result["fixes"]["origin"]) == {"nginx", "caddy", "apache", "iis", "s3"}
    assert main(["doctor", "maps.example.cn", "--lang", "en"]) == 2
