"""Measure what the index found for each question. The gate reads these numbers.

A question that could not be asked, because no document has a word of it, counts as one that found nothing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

INPUT = Path("/opt/ml/processing/input")


def rank_of(answer: dict[str, Any]) -> int:
    """The place of the first chunk that was expected, from 1; 0 when there is none."""
    found = [one["metadata"]["source"] for one in answer["found"]]
    return next((rank for rank, source in enumerate(found, 1) if source in answer["expected"]), 0)


def says(answer: dict[str, Any], top: int) -> bool:
    """Whether what is found says the words that an answer needs."""
    text = " ".join(one["metadata"]["text"] for one in answer["found"][:top]).lower()
    return all(word.lower() in text for word in answer.get("says", ()))


def measure(answers: list[dict[str, Any]], questions: int) -> dict[str, float]:
    ranks = [rank_of(answer) for answer in answers]
    return {
        "recall_at_1": round(sum(rank == 1 for rank in ranks) / questions, 6),
        "recall_at_5": round(sum(0 < rank <= 5 for rank in ranks) / questions, 6),
        "mrr": round(sum(1 / rank for rank in ranks if rank) / questions, 6),
        "says_at_5": round(sum(says(answer, 5) for answer in answers) / questions, 6),
        "questions": questions,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=Path, default=INPUT / "answers")
    parser.add_argument("--test", type=Path, default=INPUT / "test")
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/evaluation"))
    args = parser.parse_args()

    answers = [json.loads(line) for line in (args.answers / "answers.jsonl").read_text("utf-8").splitlines()]
    questions = len((args.test / "questions.jsonl").read_text("utf-8").splitlines())
    metrics = measure(answers, questions)
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "evaluation.json").write_text(json.dumps({"metrics": metrics}) + "\n", encoding="utf-8")
    for answer in answers:
        if not 0 < rank_of(answer) <= 5:
            print(f"evaluate: not among the first five: {answer['question']} ({', '.join(answer['expected'])})")
    print("evaluate: " + ", ".join(f"{name} = {value:g}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
