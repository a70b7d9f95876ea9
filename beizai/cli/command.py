"""What every command has alike: --home, --json, and help on -h."""

import functools
import inspect
import os
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from beizai.cli import answer


def name_home(value: str | None) -> str | None:
    """--home DIR names the home of this process."""
    if value:
        os.environ["BEIZAI_HOME"] = value
    return value


def want_json(value: bool) -> bool:
    """--json: exactly one JSON document on standard output."""
    if value:
        answer.mode.json = True
    return value


HomeFolder = Annotated[
    str | None,
    typer.Option(
        "--home",
        metavar="DIR",
        callback=name_home,
        show_default=False,
        help="The folder that holds the book. Default: $BEIZAI_HOME, else beizai-home here.",
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=want_json,
        is_eager=True,
        show_default=False,
        help="Answer with exactly one JSON document.",
    ),
]
_COMMON = {"home_folder": (HomeFolder, None), "as_json": (AsJson, False)}


def _with_common_options(function: Callable[..., None]) -> Callable[..., None]:
    """The function with --home and --json after its own parameters; it is called without them."""

    @functools.wraps(function)
    def called(**given: Any) -> None:
        function(**{name: value for name, value in given.items() if name not in _COMMON})

    signature = inspect.signature(function, eval_str=True)
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _COMMON.items()
    ]
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in signature.parameters.values()
    ]
    called.__signature__ = signature.replace(parameters=[*parameters, *common])  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in (*parameters, *common)}
    return called


Function = TypeVar("Function", bound=Callable[..., None])


class Noun(typer.Typer):
    """The commands of one noun."""

    def __init__(self, summary: str, **settings: Any) -> None:
        settings.setdefault("no_args_is_help", True)
        super().__init__(
            help=summary,
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
            **settings,
        )

    def command(self, *args: Any, **settings: Any) -> Callable[[Function], Function]:
        """Registers a command; --home and --json come with it."""
        register = super().command(*args, **settings)

        def decorate(function: Function) -> Function:
            register(_with_common_options(function))
            return function

        return decorate
