"""Choices that explain themselves."""


class Choice(str):
    """The label of a choice that carries a hint: `("4", Choice("Level 4", hint="Acute needs"))`."""

    hint: str

    def __new__(cls, label: str, hint: str = "") -> "Choice":
        choice = super().__new__(cls, label)
        choice.hint = hint
        return choice
