"""Kernels are compiled with what they reach, once: helpers are handed over as they are."""

from __future__ import annotations

import os
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import types
from numpy.typing import NDArray

from pipeline.kernels._compiler import ForHelpers, ForKernels, _Remembering

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="nothing is compiled")


def _part(function: Any) -> Any:
    return numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=ForHelpers, _nrt=False)(function)


@_part
def _twice(a: int) -> int:
    return 2 * a


@_part
def _through(a: int) -> int:
    return _twice(a) + max(a, 3)


@numba.njit(pipeline_class=ForKernels, error_model="numpy")
def _sums(values: NDArray[np.int64]) -> NDArray[np.int64]:
    out = np.empty(len(values), np.int64)
    for i in range(len(values)):
        out[i] = _through(values[i])
    return out


def test_a_kernel_holds_what_its_helpers_call_in_turn() -> None:
    assert _sums(np.array([1, 10, -4])).tolist() == [2 + 3, 20 + 10, -8 + 3]


def test_a_helper_has_no_machine_code() -> None:
    _sums(np.array([1]))
    engine = numba.core.registry.cpu_target.target_context.codegen()._engine
    (kernel,) = _sums.overloads.values()
    assert engine.is_symbol_defined(kernel.fndesc.llvm_func_name)
    for helper in (_twice, _through):
        (part,) = helper.overloads.values()
        assert not engine.is_symbol_defined(part.fndesc.llvm_func_name)
        assert part.library.get_pointer_to_function(part.fndesc.llvm_func_name) == 0


def test_a_fault_is_told_with_its_place() -> None:
    @numba.njit(pipeline_class=ForKernels)
    def wrong(a: int) -> int:
        return a.there_is_no_such_thing  # type: ignore[attr-defined, no-any-return]

    with pytest.raises(numba.TypingError, match=r"there_is_no_such_thing[\s\S]*test_compiler\.py"):
        wrong(1)


def test_a_signature_is_asked_for_once() -> None:
    asked: list[object] = []
    real = numba.core.registry.cpu_target.typing_context

    class Context:
        def resolve_function_type(self, function: Any, args: Any, kws: Any) -> Any:
            asked.append(args)
            return real.resolve_function_type(function, args, kws)

    function = real.resolve_value_type(np.hypot)
    assert isinstance(function, types.Function)
    for runtime in (True, False):  # a helper may be given another one than a kernel
        asked.clear()
        context = _Remembering(Context(), runtime)
        found = [context.resolve_function_type(function, (types.float32, types.uint8), {}) for _turn in range(3)]
        assert len(asked) == 1
        assert found[0] is found[2]
        assert str(found[0]) == str(real.resolve_function_type(function, (types.float32, types.uint8), {}))
