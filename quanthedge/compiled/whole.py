"""Compiles a function together with all that it calls, instead of each function for itself.

numba makes machine code and wrappers for Python of every function that a compiled one calls, and
links the callee, optimised already, into each caller to be optimised again. What stands here is
what our code is compiled by: a change of this file makes all that was kept of before stale.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Flags, compile_extra
from numba.core.compiler_lock import global_compiler_lock
from numba.core.runtime import rtsys
from numba.core.typing.templates import make_concrete_template

__all__ = ["compile_as_a_whole"]


class _Part(JITCodeLibrary):  # type: ignore[misc]  # numba has no types
    """The code of a function that compiled code calls: neither optimised nor made ready to run."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Leave each function as it is: the whole is optimised."""
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """Leave it all to the function that is called from Python."""
        self._raise_if_finalized()
        self._finalized = True

    def alone(self) -> Any:
        """Return the code without that of what it calls."""
        return super()._get_module_for_linking()

    def _get_module_for_linking(self) -> Any:
        """Return the code with that of what it calls, for a library of numba's own."""
        module = self.alone().clone()
        for library in _with_parts(self._linking_libraries):
            code = library.alone() if isinstance(library, _Part) else None
            module.link_in(code or library._get_module_for_linking(), preserve=True)
        return module


class _Whole(JITCodeLibrary):  # type: ignore[misc]
    """The code of a function that Python calls, with that of everything that it calls."""

    _linking_libraries: list[Any]

    def finalize(self) -> None:
        """Link every part once, and optimise them together."""
        libraries = _with_parts(self._linking_libraries)
        self._linking_libraries = [one for one in libraries if not isinstance(one, _Part)]
        for part in libraries:
            if isinstance(part, _Part):
                self._reload_init.update(part._reload_init)
                self._final_module.link_in(part.alone(), preserve=True)
        super().finalize()


def _with_parts(libraries: list[Any]) -> list[Any]:
    """Return libraries with those that their parts call, each once."""
    found: dict[Any, None] = {}
    waiting = list(reversed(libraries))
    while waiting:
        library = waiting.pop()
        if library not in found:
            found[library] = None
            if isinstance(library, _Part):
                waiting += reversed(library._linking_libraries)
    return list(found)


@contextmanager
def _in_parts(codegen: Any) -> Iterator[None]:
    """Let numba's own functions be parts too while one of ours is compiled."""

    def set_env(name: str, environment: Any) -> None:
        if codegen._engine.is_symbol_defined(name):  # else it is set with the whole
            type(codegen).set_env(codegen, name, environment)

    codegen._library_class, codegen.set_env = _Part, set_env
    collects = gc.isenabled()
    gc.disable()  # what is made meanwhile is kept, and there is much of it to look through
    try:
        yield
    finally:
        del codegen._library_class, codegen.set_env
        if collects:
            gc.enable()


def compile_as_a_whole(dispatcher: Any) -> None:
    """Compile a function together with all that it calls, instead of each function for itself.

    numba makes machine code and wrappers for Python of every function that a compiled one calls,
    and links the callee, optimised already, into each caller to be optimised again: a function five
    calls deep is optimised six times. Here a callee gives its code as it was translated, which is
    linked into the function that Python calls and optimised there once.

    Neither is a function translated anew for each whole number that a compiled caller writes out:
    ``refuse(.., BUY, .., CASH)`` and ``refuse(.., SELL, .., LOT)`` were two functions, and all that
    calls them grew with them.
    """
    if not hasattr(dispatcher, "get_call_template"):  # plain Python: NUMBA_DISABLE_JIT
        return
    compiler, name = dispatcher._compiler, dispatcher.py_func.__name__
    parts: dict[tuple[Any, ...], Any] = {}

    def compile_for_python(args: Any, return_type: Any) -> Any:
        # the runtime of arrays: where no code is kept nothing has asked for it yet
        rtsys.initialize(compiler.targetdescr.target_context)
        codegen = compiler.targetdescr.target_context.codegen()
        with _in_parts(codegen):
            made = _translated(compiler, _Whole, args, return_type)
        for environment in made._find_referenced_environments():
            codegen.set_env(environment.env_name, environment)
        return made

    def get_call_template(args: Any, kws: Any) -> Any:
        plain = {name: types.unliteral(kind) for name, kind in dict(kws).items()}
        named, folded = compiler.fold_argument_types(tuple(map(types.unliteral, args)), plain)
        folded = tuple(folded)
        with global_compiler_lock:
            if folded not in parts:
                made = _translated(compiler, _Part, folded, None)
                made.target_context.insert_user_function(made.library, made.fndesc, [made.library])
                parts[folded] = made
        signature = parts[folded].signature
        template = make_concrete_template(f"CallTemplate({name})", name, [signature])
        return template, named, folded, {}

    compiler._compile_core = compile_for_python
    dispatcher.parts = parts
    dispatcher.get_call_template = get_call_template
    dispatcher.get_overload = lambda args: parts[tuple(args)].library


def _translated(compiler: Any, kind: type[Any], args: Any, return_type: Any) -> Any:
    """Return numba's result for a function with arguments of these types, as code of a kind."""
    numbas = compiler.targetdescr
    flags = Flags()
    numbas.options.parse_as_flags(flags, compiler.targetoptions)
    flags.no_cfunc_wrapper = True
    flags.no_compile = flags.no_cpython_wrapper = kind is _Part
    code = kind(numbas.target_context.codegen(), compiler.py_func.__qualname__)
    code.enable_object_caching()
    return compile_extra(
        numbas.typing_context,
        numbas.target_context,
        compiler.py_func,
        args=args,
        return_type=return_type,
        flags=flags,
        locals=compiler.locals,
        library=code,
        pipeline_class=compiler.pipeline_class,
    )
