"""A number with its noun: "1 article", "2 articles"."""


def counted(number: int, noun: str) -> str:
    """The number and the noun in singular or plural; the noun is a regular one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
