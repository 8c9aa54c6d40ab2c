"""The one door to numba.

numba's disk cache does not notice an edit in *another* file that a kernel calls, so each module's compiled kernels
live in a user cache folder named after a hash of the module and of all that it imports from here. The folder is set on
``numba.config`` because the environment variable is ignored once anything else has imported numba. What lies in it
serves every copy of these sources on the machine, and any number of processes at once.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final, TypeVar, cast
from uuid import uuid4

import numba

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from pipeline.kernels._cache import folder_of
from pipeline.kernels._compiler import ForHelpers, ForKernels

F = TypeVar("F", bound=Callable[..., Any])

_PATIENCE: Final = 60.0  # seconds to wait for what another process compiles; none takes a third of that
_PAUSE: Final = 0.02


@lru_cache
def _compiler() -> str:
    """What compiles: numba's index does not tell bounds checks and the optimisation level apart."""
    settings = [str(getattr(numba.config, name)) for name in ("BOUNDSCHECK", "OPT")]  # from numba's environment
    return repr((numba.__version__, settings))


def kernel(function: F) -> F:
    """Compile an array function: nogil, cached on disk, lazily typed, numpy's rules for division.

    Lazy signatures, because eager ones reject the read-only arrays that Arrow and mmap give.
    """
    chosen = not os.environ.get("NUMBA_CACHE_DIR")
    if chosen:  # numba reads its setting while it decorates
        folder = folder_of(function.__module__.rpartition(".")[2], _compiler())
        numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    made: Any = numba.njit(cache=True, nogil=True, error_model="numpy", pipeline_class=ForKernels)(function)
    if hasattr(made, "_cache"):  # not while kernels are interpreted
        made._cache.load_overload = partial(_load, made._cache)
        if chosen:
            made._cache._cache_path = str(folder)
            made._cache._cache_file = Overloads(folder, function.__qualname__)
    return cast("F", made)


class Overloads:
    """The compiled forms of a kernel, a file for each, named after the types and the processor it was compiled for.

    numba keeps them in a folder named after the path of the sources, so that every copy of them compiles anew, and
    numbers them in an index: of two processes that save at once, one then finds the code of the other's types under
    its own. Nor do two processes compile the same: the one that finds nothing is to make it, others wait for it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._claims: dict[Path, IO[bytes]] = {}  # what this process is to make, locked as long as it lives

    def save(self, key: object, data: object) -> None:
        """Keep `data`, whole or not at all."""
        serialize: Any = numba.core.serialize
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{self._name}.{uuid4().hex[:16]}.partial"
        try:
            partial.write_bytes(serialize.dumps(data))
            partial.replace(self._file(key))
        finally:
            partial.unlink(missing_ok=True)
            self._give_up(self._file(key))

    def load(self, key: object) -> Any:
        """What was kept for `key`, or None, which is then for the caller to make."""
        file, until = self._file(key), time.monotonic() + _PATIENCE
        while (found := _read(file)) is None and not self._claim(file):
            if time.monotonic() > until:
                return None
            time.sleep(_PAUSE)
        if found is None and (found := _read(file)) is not None:  # saved just before it was claimed
            self._give_up(file)
        return found

    def _claim(self, file: Path) -> bool:
        """Whether this process is to make `file`, and no other one is; true where nobody can tell."""
        if file in self._claims or fcntl is None:
            return True
        with ExitStack() as stack:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                lock = stack.enter_context(file.with_suffix(".lock").open("wb"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            except OSError:  # nobody may write there, or the file system knows no locks
                return True
            stack.pop_all()
        self._claims[file] = lock
        return True

    def _give_up(self, file: Path) -> None:
        lock = self._claims.pop(file, None)
        if lock is not None:
            file.with_suffix(".lock").unlink(missing_ok=True)
            lock.close()

    def flush(self) -> None:
        """Forget all of them."""
        for file in self._folder.glob(f"{self._name}.*.nbc"):
            file.unlink(missing_ok=True)

    def _file(self, key: object) -> Path:
        """`key` is of types, processor and code, as numba makes it: all of them have texts that tell them apart."""
        return self._folder / f"{self._name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:20]}.nbc"


def _read(file: Path) -> Any:
    try:
        return pickle.loads(file.read_bytes())
    except (OSError, EOFError, pickle.UnpicklingError):  # not there, or cut short when the power went
        return None


def _load(cache: Any, signature: Any, context: Any) -> Any:
    """A compiled kernel from disk, or None: as numba does it, but without what only compiling needs.

    numba makes ready for compiling first: it imports and registers all that it knows to compile, 0.3 s of every
    start. The compiler does so itself.
    """
    runtime: Any = numba.core.runtime
    runtime.rtsys.initialize(context)
    with cache._guard_against_spurious_io_errors():
        found = cache._load_overload(signature, context)
    if found is None:
        _import_mathematics()
    return found


@lru_cache
def _import_mathematics() -> None:
    """Import what compiling needs, without scipy.

    numba looks for scipy's BLAS when it first loads array mathematics: 0.2 s for functions (np.dot, np.linalg) that no
    kernel uses. A None in sys.modules makes that one import fail at once, as numba allows for.
    """
    blas = "scipy.linalg.cython_blas"
    absent = sys.modules.setdefault(blas, None) is None  # type: ignore[arg-type]
    import_module("numba.np.arraymath")
    if absent:
        del sys.modules[blas]


def helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that kernels call and LLVM may inline; not cached by itself, compiled with its caller.

    It may read and write arrays but make none: without numba's runtime its arrays are not counted. Two atomic counts
    for every array of every call took two thirds of the time of placing buildings in tiles.
    """
    return _helper(function, _nrt=False)


def array_helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that makes arrays; for what is not called for every feature."""
    return _helper(function)


def _helper(function: Callable[..., Any], **options: bool) -> Callable[..., Any]:
    """Kernels get it without the wrappers that Python and C would call, and without machine code of its own."""
    njit: Any = partial(numba.njit, nogil=True, error_model="numpy", **options)
    made = njit(pipeline_class=ForKernels)(function)
    if os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0"):
        bare = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=ForHelpers)(function)
        made.get_call_template, made.get_overload = bare.get_call_template, bare.get_overload
    return cast("Callable[..., Any]", made)


# ---------------------------------------------------------------- a function of a library, by its address


def _call(address: int, *sizes: int) -> int:
    """What interpreted kernels do."""
    import ctypes

    return int(ctypes.CFUNCTYPE(ctypes.c_size_t, *[ctypes.c_size_t] * len(sizes))(address)(*sizes))


def _calling(arguments: int) -> tuple[Any, Callable[..., Any]]:
    """Types and code of a call whose arguments, after the address, and result are all of the size of a pointer."""
    from llvmlite import ir  # type: ignore[import-untyped]

    word = numba.types.uintp

    def code(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        bits = given[0].type
        function = builder.inttoptr(given[0], ir.FunctionType(bits, [bits] * arguments).as_pointer())
        return builder.call(function, given[1:])

    return word(word, *[word] * arguments), code


@numba.extending.intrinsic
def _compress(_typing: Any, _address: Any, _state: Any, _source: Any, _size: Any, _target: Any, _room: Any) -> Any:
    return _calling(5)


# Kernels that are kept on disk cannot hold the address of a library; they are given it.
call_compress: Any = _call if numba.config.DISABLE_JIT else _compress  # type: ignore[attr-defined]


# ---------------------------------------------------------------- signatures as text, for compiling ahead


def is_kernel(value: object) -> bool:
    """Whether `kernel` made it: helpers are not kept on disk."""
    return isinstance(value, numba.core.dispatcher.Dispatcher) and value.stats.cache_path is not None


def signatures(function: Any) -> list[str]:
    """The types of the arguments that a kernel is compiled for, as text."""
    return sorted(" ".join(_type_text(each) for each in signature) for signature in function.signatures)


def compile_for(function: Any, signature: str) -> None:
    """Compile a kernel for types as `signatures` writes them, or take it from the cache."""
    function.compile(tuple(_type_of(text) for text in signature.split(" ")))


def _type_text(each: Any) -> str:
    if isinstance(each, numba.types.Array):
        flags = ("" if each.mutable else "r") + ("" if each.aligned else "u")
        return f"{each.dtype}[{each.ndim}{each.layout}{flags}]"
    if isinstance(each, numba.types.NamedTuple | numba.types.NamedUniTuple):
        cls = each.instance_class
        return f"{cls.__module__}.{cls.__name__}({','.join(_type_text(member) for member in each.types)})"
    return str(each)


def _type_of(text: str) -> Any:
    if text.endswith(")"):
        name, _, members = text[:-1].partition("(")
        module, _, cls = name.rpartition(".")
        types = [_type_of(each) for each in members.split(",")]
        named: Any = numba.types.BaseTuple.from_types
        return named(types, getattr(import_module(module), cls))
    scalar, _, shape = text.rstrip("]").partition("[")
    dtype: Any = getattr(numba.types, "boolean" if scalar == "bool" else scalar)
    if not shape:
        return dtype
    array: Any = numba.types.Array
    return array(dtype, int(shape[0]), shape[1], readonly="r" in shape[2:], aligned="u" not in shape[2:])
