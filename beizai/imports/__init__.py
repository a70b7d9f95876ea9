"""Files in: recognise, repair, preview, bring in, undo."""

from typing import Any

__all__ = ["Preview", "Result", "Wish", "bring_in", "imports_list", "preview", "undo"]


def __getattr__(name: str) -> Any:
    """The names of `files`, taken when first asked for: Django loads this folder before its tables can be."""
    if name not in __all__:
        raise AttributeError(name)
    from beizai.imports import files

    return getattr(files, name)
