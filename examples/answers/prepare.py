"""From records to rows of bytes: a training reads one file of numbers, and no text."""

from __future__ import annotations

from pathlib import Path

import torch
from records import SUITE, TEST, TRAIN, Record, read
from transformer import ANSWER, END
from validate import CONTEXT

PROCESSING = Path("/opt/ml/processing")


def rows(records: list[Record]) -> dict[str, torch.Tensor]:
    """``tokens``, and ``wanted``: the byte that comes next, where it belongs to a completion; elsewhere -1."""
    tokens = torch.full((len(records), CONTEXT), END, dtype=torch.int16)
    wanted = torch.full((len(records), CONTEXT), -1, dtype=torch.int16)
    for row, record in enumerate(records):
        prompt, completion = record.prompt.encode(), record.completion.encode()
        text = torch.tensor([*prompt, ANSWER, *completion, END], dtype=torch.int16)
        tokens[row, : len(text) - 1] = text[:-1]
        wanted[row, len(prompt) : len(text) - 1] = text[len(prompt) + 1 :]
    return {"tokens": tokens, "wanted": wanted}


def main() -> None:
    data = PROCESSING / "input/data"
    for part, file in (("train", TRAIN), ("test", TEST)):
        folder = PROCESSING / "output" / part
        folder.mkdir(parents=True, exist_ok=True)
        made = rows(list(read(data / file)))
        torch.save(made, folder / "rows.pt")
        print(f"prepare: {part} has {len(made['tokens']):,} rows of {CONTEXT} bytes")
    (PROCESSING / "output/test" / SUITE).write_bytes((data / SUITE).read_bytes())


if __name__ == "__main__":
    main()
