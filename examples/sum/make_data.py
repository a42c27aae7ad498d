"""Make the data of this folder: pairs of numbers from 0 to 10, made up, the same every time."""

from __future__ import annotations

import csv
import random
from pathlib import Path

DATA = Path(__file__).parent / "data"


def write(name: str, header: list[str], rows: list[list[float]]) -> None:
    with (DATA / name).open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    numbers = random.Random(11)

    def one() -> float:
        return numbers.randint(0, 40) / 4

    equal = [[value, value] for value in (one() for _ in range(1200))]
    pairs = [[one(), one()] for _ in range(1200)]
    write("equal.csv", ["a", "b", "sum"], [[a, b, a + b] for a, b in equal])
    write("pairs.csv", ["a", "b", "sum"], [[a, b, a + b] for a, b in pairs])
    write("asked.csv", ["a", "b"], [[one(), one()] for _ in range(400)])


if __name__ == "__main__":
    main()
