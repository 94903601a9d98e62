"""Loads the compiled part. Its libraries read their settings when they are loaded: threads that wait for work sleep instead
of spinning, unless the user says otherwise, which costs a factor of three where cores are shared."""
import contextlib
import os


@contextlib.contextmanager
def _variables(**defaults):
    """These variables of the environment, where neither they nor one that rules them out is set."""
    missing = [name for name in defaults if name not in os.environ]
    os.environ.update({name: defaults[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


def _load():
    settings = {} if "GOMP_SPINCOUNT" in os.environ else {"OMP_WAIT_POLICY": "passive"}
    with _variables(OPENBLAS_THREAD_TIMEOUT="16", **settings):
        from . import _core
    return _core


core = _load()
