# Recipes call their tools by path, so nothing has to be activated:
#   python3 -m venv .venv && .venv/bin/pip install -q uv rust-just && .venv/bin/just

bin := justfile_directory() / ".venv/bin"
python := bin / "python"
longquan := bin / "longquan"
uv := bin / "uv"
wanted := sha256(sha256_file("requirements.lock") + sha256_file("pyproject.toml"))

# Text files are UTF-8 and sorted by bytes on every machine.
export PYTHONUTF8 := "1"

# List the recipes.
default:
    @{{bin}}/just --list --unsorted

# Fill .venv from the lock with the project in it, build the site; quick when nothing changed.
setup: _python site

_python:
    @if [ "$(cat .venv/.longquan 2>/dev/null)" != "{{wanted}}" ]; then \
        {{uv}} pip install --python .venv --require-hashes -r requirements.lock \
        && {{uv}} pip install --python .venv --no-deps --no-build-isolation --offline -e . \
        && echo "{{wanted}}" > .venv/.longquan; \
    fi
    @{{python}} hatch_build.py messages

# Build the site into site/dist.
site: _python
    @{{python}} hatch_build.py site

# Write the sample city to demo/, build it and say how to look at it.
demo *options: setup
    {{longquan}} demo demo {{options}}
    @echo "  .venv/bin/just serve"

# Serve what `just demo` built.
serve folder="demo/dist/public" *options:
    {{longquan}} serve {{folder}} {{options}}

# Everything that must hold before a change is handed in.
test: setup _without-running test-python test-browser

# At once: most of it takes one processor only.
[parallel]
_without-running: lint types floors test-site

# Kernels first: else each process compiles them for itself. Not the files of fewest tests last: the longest test of all
# is alone in its file.
#
# Python's tests, but for the long ones, on all processors.
test-python *options: _python
    @{{longquan}} warm
    {{python}} -m pytest -q -m "not long" -n auto --dist loadfile --no-loadscope-reorder {{options}}

# The kernels' tests twice more: compiled code reads past the end silently, wraps integers and divides to infinity.
test-kernels: _python
    NUMBA_DISABLE_JIT=1 {{python}} -m pytest -q tests/kernels
    NUMBA_BOUNDSCHECK=1 {{python}} -m pytest -q tests/kernels

# Unit tests and types of the site.
test-site: site
    {{python}} hatch_build.py test-site

# The portal in a real Chromium; without one it is an error when CI=true and a word of advice elsewhere.
test-browser: setup
    @if browser=$(sh .ci/browser); then \
        export LONGQUAN_CHROMIUM="$browser" \
        && rm -rf .cache/browser \
        && {{longquan}} demo .cache/browser --size small \
        && {{python}} hatch_build.py test-in-browser .cache/browser/dist/public; \
    elif [ "${CI:-}" = true ]; then \
        exit 1; \
    else \
        echo "Browser tests were left out." >&2; \
    fi

# The long suites: wheel in a fresh environment, kill tests, real servers, property tests at depth.
test-long *options: setup
    {{python}} -m pytest -q -m long {{options}}

# Rewrite golden files and the help pages of the README; review the difference.
bless: setup
    {{python}} -m pytest -q -m "not long" --bless

lint: _python
    {{bin}}/ruff check
    {{bin}}/ruff format --check

types: _python
    {{bin}}/mypy

# Who may import whom; the contracts are in pyproject.toml.
floors: _python
    {{bin}}/lint-imports --no-cache

# Measure against other tools on the same machine, in docs/benchmarks.md.
bench *options: setup
    {{python}} -m tests.bench {{options}}

# Take the picture of the README: the sample city as it opens.
screenshot folder="demo/dist/public": setup
    LONGQUAN_CHROMIUM="$(sh .ci/browser)" {{python}} hatch_build.py screenshot {{folder}} docs/screenshot.png

# Take the pictures of the help page: the sample city, chapter by chapter.
help-pictures folder="demo/dist/public": setup
    LONGQUAN_CHROMIUM="$(sh .ci/browser)" {{python}} hatch_build.py help-pictures {{folder}} pipeline/portal/help

# Draw every look of the map at fixed places and zooms into docs/contact-sheet.png; `--check` compares with that instead.
contact-sheet folder="demo/dist/public" *options: setup
    LONGQUAN_CHROMIUM="$(sh .ci/browser)" {{python}} -m tests.contact_sheet {{folder}} {{options}}

# Compile every kernel ahead of time.
warm: _python
    {{longquan}} warm

# Collect the wheels of an installation without network: pip install --no-index --find-links wheelhouse longquan
wheelhouse *options: setup
    rm -rf wheelhouse
    {{python}} -m hatchling build -t wheel -d wheelhouse
    {{uv}} pip compile --quiet --generate-hashes --no-emit-index-url --no-header --constraints requirements.lock \
        pyproject.toml -o wheelhouse/requirements.txt
    {{python}} -m pip download --quiet --only-binary :all: --require-hashes --dest wheelhouse \
        -r wheelhouse/requirements.txt {{options}}
    @ls wheelhouse

# Resolve requirements.lock anew.
lock *options:
    {{uv}} pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
        --group dev pyproject.toml -o requirements.lock {{options}}
