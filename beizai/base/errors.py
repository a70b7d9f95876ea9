"""What can go wrong, said so that the reader knows what to do.

BeizaiError
├── NotFound      what was asked for is not in the book
├── Invalid       what was given cannot be right
├── Forbidden     it may not be done (by this person, or at all)
└── Unavailable   something outside does not answer; trying later may help
"""


class BeizaiError(Exception):
    """Any refusal of Beizai: a message that shows the wrong value, and a hint that says what to do."""

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class NotFound(BeizaiError):
    """What was asked for is not in the book."""


class Invalid(BeizaiError):
    """What was given cannot be right: a value, a file, a rule, a template."""


class Forbidden(BeizaiError):
    """It may not be done, by this person or at all."""


class Unavailable(BeizaiError):
    """Something outside does not answer now; trying later may help."""
