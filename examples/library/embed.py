"""Make a vector of each chunk and of each question, as the index step takes them: a line of JSON for each."""

from __future__ import annotations

import argparse
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import joblib
from embedder import MODEL, embed

INPUT = Path("/opt/ml/processing/input")
OUTPUT = Path("/opt/ml/processing/output")


def read_model(archive: Path) -> Any:
    """The model inside SageMaker's model.tar.gz. One member is read; nothing is unpacked."""
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if Path(name).name == MODEL)
        content = tar.extractfile(name)
        assert content is not None, f"a folder named {MODEL}"
        return joblib.load(io.BytesIO(content.read()))


def read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write_lines(file: Path, lines: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "chunks", "questions"):
        parser.add_argument(f"--{name}", type=Path, default=INPUT / name)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    args = parser.parse_args()

    model = read_model(args.model / "model.tar.gz")
    chunks, questions = read_lines(args.chunks / "chunks.jsonl"), read_lines(args.questions / "questions.jsonl")
    made = embed(model, [one["text"] for one in chunks]).round(6).tolist()
    # A chunk of nothing but stop words has no direction, and the cosine index takes no zeros.
    vectors = [{"vector": values, "metadata": one} for values, one in zip(made, chunks, strict=True) if any(values)]
    asked = embed(model, [one["question"] for one in questions]).round(6).tolist()
    put = [{**one, "vector": values} for one, values in zip(questions, asked, strict=True) if any(values)]
    write_lines(args.output / "vectors" / "vectors.jsonl", vectors)
    write_lines(args.output / "questions" / "questions.jsonl", put)
    print(f"embed: {len(vectors)} of {len(chunks)} chunks, {len(put)} of {len(questions)} questions")


if __name__ == "__main__":
    main()
