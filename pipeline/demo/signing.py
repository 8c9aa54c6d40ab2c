"""The sample city's releases, signed: its keys are the same everywhere and known to all, so they prove nothing.

They show the whole way of a release without a ceremony. Wherever data is not a sample's they are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Final

from pipeline.audit import Machine
from pipeline.framework import load_workspace
from pipeline.i18n import _
from pipeline.portal.files import write_file
from pipeline.progress import Progress
from pipeline.release.complete import Completed, complete_release
from pipeline.release.prepare import prepare_release
from pipeline.release.signing_folder import ROOT, TARGETS
from pipeline.release.trust.install import FOLDER, install_roots, installed_roots
from pipeline.release.trust.keys import load_signer
from pipeline.release.trust.roles import OFFICES, PUBLISH
from pipeline.release.trust.signing import append_signature

PASSPHRASE: Final = "longquan"  # of all of them; it is no secret
KEYS: Final = "keys"
_PICTURES: Final = 1  # sample maps on a sheet: drawing more takes longer than everything else here


def install_keys(root: Path) -> bool:
    """Put the throw-away keys and their root into a sample city's workspace; False where it has a root of its own.

    Raises OutputError, PolicyRefusal where the workspace is no sample.
    """
    city = load_workspace(root).city
    with resources.as_file(resources.files("pipeline.demo") / "keys") as kept:
        first = (kept / "root.json").read_bytes()
        there = installed_roots(root / FOLDER)
        if there and there[0] != first:
            return False
        install_roots(root / FOLDER, [first], city=city.code, sample=city.sample)
        for path in sorted(kept.iterdir()):
            if path.name.endswith((".pem", ".pub.json")) and not (root / KEYS / path.name).exists():
                write_file(root / KEYS / path.name, path.read_bytes())
    return True


def sign_releases(root: Path, editions: Sequence[str], *, now: datetime, progress: Progress) -> tuple[Completed, ...]:
    """Prepare, sign and complete what is built of a sample city, as its two offices and its publisher would.

    The audit holds the folder against release.json alone. None where the workspace has a root of its own.
    """
    if not install_keys(root):
        progress.note(_("the workspace has a root of trust of its own: releases are left for its keys to sign"))
        return ()
    framework = load_workspace(root)
    with resources.as_file(resources.files("pipeline.demo") / "keys") as kept:
        signers = {name: load_signer(kept / f"{name}.pem", PASSPHRASE) for name in (*OFFICES, PUBLISH)}
    done = []
    for edition in editions:
        made = prepare_release(
            framework,
            edition,
            now=now,
            machine=Machine((), ()),
            against_workspace=False,
            pictures=_PICTURES,
            progress=progress,
        )
        trust = (made.folder / ROOT).read_bytes()
        for office in OFFICES:
            if office in made.missing:
                data = append_signature((made.folder / TARGETS).read_bytes(), signers[office], office, trust)
                write_file(made.folder / TARGETS, data)
        done.append(complete_release(framework, edition, made.folder, signers[PUBLISH], now=now, progress=progress))
    return tuple(done)
