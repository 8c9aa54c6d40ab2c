"""`longquan sign`: one office, department or the publisher puts a signature under what it has looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli._agreed import require_agreement
from pipeline.cli._complete import complete
from pipeline.cli._json import print_json
from pipeline.cli._options import json_option
from pipeline.cli._passphrase import passphrase, passphrase_option
from pipeline.cli._size import size_text
from pipeline.cli._table import pairs
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.release.trust.subject import Subject

_SHOWN = 20  # files of a document that are printed
_TYPED = 8  # digits that whoever signs types


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--as", "role", required=True, metavar="ROLE", help="survey, secrecy, department:ID or publish: who signs."
)
@click.option("--key", required=True, type=click.Path(path_type=Path), metavar="KEY.pem", help="The key that signs.")
@passphrase_option
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The root of trust; without it root.json beside FILE.",
)
@click.option(
    "-w",
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="With --as publish: the workspace where the release is completed.",
)
@click.option("--yes", is_flag=True, help="Do not ask: what is signed has been compared with the printed sheet.")
@json_option
def sign(
    file: Path,
    role: str,
    key: Path,
    passphrase_file: Path | None,
    root: Path | None,
    workspace: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Put a signature under what was looked at.

    FILE is targets.json of the folder that longquan release wrote, which the surveying and the secrecy office sign one
    after the other; department-ID.json beside it; or an order to withdraw, which either office signs alone. What is
    signed is shown first, and its first digits are to be typed. No network and no workspace are needed, so the folder
    can be carried to each office on a USB stick.

    At last the publisher signs as publish with --workspace: metadata/ and feed.atom go into dist/EDITION, the release
    is kept whole below releases/EDITION, and may be published and bundled.

    Refused: a key that is not enrolled for the role (exit code 3), and a document whose release.json or SHA256SUMS
    beside it is another than it says (1).
    """
    from pipeline.release.trust.keys import fingerprint_text, load_signer, public_path, read_public
    from pipeline.release.trust.root import read_root
    from pipeline.release.trust.signing import append_signature, missing_signatures
    from pipeline.release.trust.subject import read_limited, read_subject
    from pipeline.release.trust.write import write_whole

    data = read_limited(file)
    subject = read_subject(file, data)
    root_data = read_limited(_root_file(file, root))
    facts = read_root(root_data)
    beside = file.with_name("targets.json")
    targets = data if subject.role == "targets" else read_limited(beside) if beside.is_file() else None
    now = datetime.now(UTC)
    if not as_json:
        rows = _rows(subject)
        rows.append((_("root of trust"), f"{facts.version} · {fingerprint_text(facts.fingerprint)}"))
        click.echo(_("To be signed: {file}").format(file=file))
        click.echo(pairs(rows))
        _print_files(subject)
    if subject.expires <= now:
        raise InputError(
            _("the document has expired, so a signature would count for nothing"),
            where=str(file),
            hint=_("prepare the release again: longquan release"),
        )
    require_agreement((subject.release or subject.sha256)[:_TYPED], yes=yes)
    signer = load_signer(key, passphrase(passphrase_file, of=key.name))
    if role == "publish" and subject.role == "targets":
        complete(file.parent, subject.edition, signer, workspace, now, as_json=as_json)
        return
    signed = append_signature(data, signer, role, root_data, targets=targets)
    write_whole(file, signed)
    missing = missing_signatures(signed, root_data, targets=signed if subject.role == "targets" else targets)
    if as_json:
        print_json({"file": str(file), "signed_as": role, "missing": list(missing), **_json(subject)})
        return
    public = public_path(key)
    name = read_public(public).name if public.is_file() else facts.name_of(signer.public_key.keyid)
    click.echo(_("{file}: signed as {role} by {name}").format(file=file, role=role, name=name))
    _print_next(subject, file, missing)


def _root_file(file: Path, given: Path | None) -> Path:
    path = given if given is not None else file.with_name("root.json")
    if not path.is_file():
        raise UsageError(_("there is no root of trust"), where=str(path), expected="--root FILE")
    return path


def _rows(subject: Subject) -> list[tuple[str, str]]:
    from pipeline.release.trust.keys import fingerprint_text

    rows = [(_("city"), subject.city), (_("edition"), subject.edition)]
    if subject.release is not None:
        rows += [
            (_("release"), subject.release),
            (_("as of"), str(subject.as_of)),
            (_("map review number"), subject.review or _("none")),
            ("release.json", fingerprint_text(str(subject.manifest_sha256))),
            ("SHA256SUMS", fingerprint_text(str(subject.sums_sha256))),
        ]
    else:
        rows.append((_("what is signed"), fingerprint_text(subject.sha256)))
    rows.append((_("holds until"), f"{subject.expires:%Y-%m-%d}"))
    rows += [
        (_("signs for itself"), f"{department}: {', '.join(paths)}")
        for department, paths in subject.departments.items()
    ]
    return rows


def _print_files(subject: Subject) -> None:
    for path, facts in list(subject.files.items())[:_SHOWN]:
        custom = facts["custom"]
        if subject.role == "withdrawals":
            click.echo("  " + _("to be withdrawn: {kind} {path}, {reason}").format(
                kind=custom.get("kind"), path=custom.get("path"), reason=custom.get("reason")))  # fmt: skip
        else:
            click.echo(f"  {path}  {size_text(facts['bytes'])}  {facts['sha256'][:12]}")
    if len(subject.files) > _SHOWN:
        click.echo("  " + _("and {n} more").format(n=len(subject.files) - _SHOWN))


def _print_next(subject: Subject, file: Path, missing: tuple[str, ...]) -> None:
    if missing:
        names = ", ".join(missing)
        click.echo(_("Still to sign: {names}. Carry the whole folder there and run").format(names=names), err=True)
        click.echo(f"  longquan sign {file.name} --as {missing[0]} --key KEY.pem", err=True)
    elif subject.role == "targets":
        click.echo(_("Both offices have signed. Next, where the workspace is:"), err=True)
        click.echo(f"  longquan sign {file} --as publish --key KEY.pem -w WORKSPACE", err=True)
    else:
        click.echo(_("Nobody else has to sign this."), err=True)


def _json(subject: Subject) -> dict[str, Any]:
    return {
        "kind": subject.role,
        "city": subject.city,
        "edition": subject.edition,
        "release": subject.release,
        "manifest_sha256": subject.manifest_sha256,
        "sums_sha256": subject.sums_sha256,
        "expires": subject.expires.isoformat(),
        "files": sorted(subject.files),
    }
