"""The `beizai` command, one module per noun: what people do from a terminal or a script."""


def main() -> None:
    """The entry point. What it needs is imported here, so that importing the package costs nothing."""
    from beizai.cli.app import run

    run()
