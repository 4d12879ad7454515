"""Print what main gets."""

from examples.program import run


def main(
    name: str, *others: str, count: int = 3, share: float = 0.5, long_name: bool = False
) -> None:
    print(repr((name, others, count, share, long_name)))


run(main)
