"""`python -m beizai` is the `beizai` command."""

from beizai.cli import main

if __name__ == "__main__":  # a spawned child imports this module again and must not run it
    main()
