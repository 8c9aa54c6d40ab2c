"""`longquan ledger verify`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli._json import print_json
from pipeline.cli._options import json_option, workspace_option
from pipeline.cli._progress import Bars
from pipeline.i18n import _, ngettext


@click.command()
@click.option(
    "--head",
    metavar="HASH",
    help="A hash noted down before: it must be that of an entry, so that not even the whole was replaced.",
)
@click.option("--quick", is_flag=True, help="Do not read the files of the store, only look whether versions are there.")
@workspace_option
@json_option
def verify(head: str | None, quick: bool, workspace: Path, as_json: bool) -> int:
    """Find out whether anyone touched the ledger, and whether the store holds what it says.

    Every entry has the hash of the one before it: whatever was edited, taken out, put in or moved is found. So are
    versions that are missing in the store, that the ledger does not know, or whose files were changed. Note the hash
    that is printed where nobody who can write to the workspace can change it, and give it with --head the next time.

    The exit code is 1 when something was found.
    """
    from pipeline.framework import load_workspace
    from pipeline.intake import ledger
    from pipeline.intake.audit_store import store_faults

    root = load_workspace(workspace).root
    faults = list(ledger.verify(root))
    if not faults:
        if head is not None and not ledger.has_hash(root, head):
            faults.append(ledger.LedgerFault(0, "head", _("no entry has the hash {hash}").format(hash=head)))
        with Bars() as progress:
            faults += store_faults(root, files=not quick, progress=progress)
    n, last = (0, ledger.GENESIS) if faults else ledger.head(root)
    if as_json:
        listed = [{"line": fault.line, "kind": fault.kind, "message": fault.message} for fault in faults]
        print_json({"whole": not faults, "entries": n, "head": last, "faults": listed})
    elif faults:
        for fault in faults:
            line = _("line {n}: {text}").format(n=fault.line, text=fault.message) if fault.line else fault.message
            click.echo(line)
    else:
        whole = ngettext("{n} entry, none was touched", "{n} entries, none was touched", n)
        click.echo(whole.format(n=f"{n:,}"))
        click.echo(_("last hash: {hash}").format(hash=last))
    return 1 if faults else 0
