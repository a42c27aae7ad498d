"""The model as it will be served, on records that it has never seen: how much they surprise it, and how many answers of
the task suite are right to the letter."""

from __future__ import annotations

import json
import math
import sys
import tarfile
from pathlib import Path

import torch
from records import SUITE, read
from served import MODEL, load_served
from transformer import Transformer, loss_of

PROCESSING = Path("/opt/ml/processing")


@torch.no_grad()
def perplexity(model: Transformer, rows: dict[str, torch.Tensor]) -> float:
    """By byte: as unsure as if so many bytes were equally likely each time."""
    lost, count = 0.0, 0
    for tokens, wanted in zip(rows["tokens"].split(64), rows["wanted"].split(64), strict=True):
        asked = int((wanted >= 0).sum())
        lost += float(loss_of(model(tokens.long()), wanted.long())) * asked
        count += asked
    return math.exp(lost / count)


def exact_match(model: Transformer, suite: Path) -> float:
    records = list(read(suite))
    answers = model.generate([one.prompt for one in records], most=max(len(one.completion) for one in records) + 1)
    return sum(answer == one.completion for answer, one in zip(answers, records, strict=True)) / len(records)


def main() -> None:
    with tarfile.open(PROCESSING / "input/model/model.tar.gz") as archive:
        content = archive.extractfile(MODEL) if MODEL in archive.getnames() else None
        if content is None:
            sys.exit(f"evaluate: the archive holds no {MODEL}; quantise.py has to write one")
        model = load_served(content)
    test = PROCESSING / "input/test"
    metrics = {
        "perplexity": perplexity(model, torch.load(test / "rows.pt", weights_only=True)),
        "exact_match": exact_match(model, test / SUITE),
    }
    folder = PROCESSING / "output/evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps({"metrics": metrics}))
    print(f"evaluate: {metrics}")


if __name__ == "__main__":
    main()
