"""How numba compiles kernels here: without the work that it does and then throws away, a third of all of it.

* numba optimises every helper and makes machine code of it, with all that it calls, although only kernels are ever
  called from Python. Here a helper is handed over as it was lowered; the kernel that calls it links it in, with what it
  calls in turn, and optimises the whole once.
* numba asks anew what `int64 + int64` is wherever it stands, each time trying some ten templates. Here it asks once.
* Passes for what no kernel holds (closures, `with`, `raise` of variables, literal_unroll) are left out.
"""

from __future__ import annotations

from typing import Any, Final

from numba.core import typed_passes, types, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import PassManager, register_pass

_UNUSED: Final = {
    untyped_passes.WithLifting,
    untyped_passes.InlineClosureLikes,
    untyped_passes.RewriteDynamicRaises,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.InlineInlinables,
    untyped_passes.FindLiterallyCalls,
    untyped_passes.LiteralUnroll,
    untyped_passes.LiteralPropagationSubPipelinePass,
    typed_passes.InlineOverloads,
    typed_passes.NoPythonSupportedFeatureValidation,
    typed_passes.DumpParforDiagnostics,
}

# (whether numba's runtime may be used, function, types of its arguments) → signature
_signatures: dict[tuple[object, ...], Any] = {}


class _NoEnvironment:
    """Stands for numba's code generator where it would tell machine code of its Python environment."""

    @staticmethod
    def set_env(_name: str, _environment: object) -> None:
        """There is no machine code to be told."""


class _Part(JITCodeLibrary):
    """The code of a helper: neither optimised as a whole nor made machine code of, only linked into kernels."""

    @property
    def codegen(self) -> type[_NoEnvironment]:
        return _NoEnvironment

    def finalize(self) -> None:
        self._raise_if_finalized()  # type: ignore[no-untyped-call]
        self._finalized = True

    def get_pointer_to_function(self, _name: str) -> int:
        self._ensure_finalized()  # type: ignore[no-untyped-call]
        return 0


def _reach(library: Any, found: dict[int, Any]) -> None:
    """Add the code of all that `library` calls, by identity; what helpers call in turn too."""
    for called in library._linking_libraries:
        if id(called) not in found:
            found[id(called)] = called
            if isinstance(called, _Part):
                _reach(called, found)


class _Whole(JITCodeLibrary):
    """The code of a kernel, with that of all helpers that it reaches."""

    def finalize(self) -> None:
        found: dict[int, Any] = {}
        _reach(self, found)
        self._linking_libraries = list(found.values())
        super().finalize()  # type: ignore[no-untyped-call]


class _Remembering:
    """Numba's typing context, which is asked only once for the signature of a function of numba's own.

    What raises is asked again: the reason is told with the place.
    """

    def __init__(self, context: Any, runtime: bool) -> None:
        self._context, self._runtime = context, runtime

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, function: Any, args: Any, kws: Any) -> Any:
        """The signature with which numba calls the function."""
        if not isinstance(function, types.Function):  # of ours, compiled with whoever calls them
            return self._context.resolve_function_type(function, args, kws)
        key = self._runtime, function, args, tuple(kws.items())
        if key not in _signatures:
            found = self._context.resolve_function_type(function, args, kws)
            if found is None:
                return None
            _signatures[key] = found
        return _signatures[key]


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class _Inference(typed_passes.NopythonTypeInference):
    """Numba's inference of types, with a memory."""

    _name = "remembering_type_inference"

    def run_pass(self, state: Any) -> bool:
        context = state.typingctx
        state.typingctx = _Remembering(context, bool(state.flags.nrt))
        try:
            return bool(super().run_pass(state))  # type: ignore[no-untyped-call]
        finally:
            state.typingctx = context


class ForKernels(CompilerBase):
    """Compiles what Python calls."""

    library: type[JITCodeLibrary] = _Whole

    def define_pipelines(self) -> list[PassManager]:
        """Numba's own passes, in its order, without those that are not needed."""
        if self.state.library is None:
            self.state.library = self.library(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
            self.state.library.enable_object_caching()
        usual: Any = DefaultPassBuilder
        passes: Any = PassManager("nopython")  # type: ignore[no-untyped-call]
        for each, words in usual.define_nopython_pipeline(self.state).passes:
            if each is typed_passes.NopythonTypeInference:
                passes.add_pass(_Inference, words)
            elif each not in _UNUSED:
                passes.add_pass(each, words)
        passes.finalize()
        return [passes]


class ForHelpers(ForKernels):
    """Compiles what only kernels call."""

    library = _Part
