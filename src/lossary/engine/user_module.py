"""Losses in a user's own files and modules."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from lossary.errors import UsageError

USER_PREFIX = "lossary_user_"
"""How the names of modules begin that are loaded from a user's file: they must not hide other modules."""


def load(place: str) -> Any:
    """Return the module of a file or of a name, with the modules beside it importable."""
    path = Path(place)
    name = f"{USER_PREFIX}{path.stem}"
    is_file = place.endswith(".py")
    if is_file and not path.is_file():
        raise UsageError(f"there is no file {place!r}; check the path")
    sys.path.insert(0, str(path.parent.resolve()) if is_file else os.getcwd())
    try:
        if not is_file:
            return importlib.import_module(place)
        spec = importlib.util.spec_from_file_location(name, path.resolve())
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    except (Exception, SystemExit) as error:
        raise UsageError(f"{place!r} could not be loaded: {type(error).__name__}: {error}; correct it first") from None
    finally:
        sys.path.pop(0)


def load_attribute(place: str, name: str) -> Any:
    """Return an object of a user's module: how pickle finds a loss again in another process."""
    return getattr(load(place), name)
