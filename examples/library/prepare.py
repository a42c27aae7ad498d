"""Cut documents into chunks: at headings, and where a part is long, between sentences. Questions pass as they are."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def parts_of(text: str) -> Iterator[tuple[str, str]]:
    """Heading and text of each part that has one; what stands before the first heading has none."""
    found = HEADING.split(text)
    for heading, body in (("", found[0]), *zip(found[1::2], found[2::2], strict=True)):
        if body.strip():
            yield heading, re.sub(r"\s+", " ", body).strip()


def pieces_of(text: str, longest: int) -> Iterator[str]:
    """Whole sentences, as many as fit; a sentence that is longer than a piece is cut."""
    piece = ""
    for sentence in SENTENCE.split(text):
        while len(sentence) > longest:
            yield from filter(None, (piece, sentence[:longest]))
            piece, sentence = "", sentence[longest:]
        if piece and len(piece) + 1 + len(sentence) > longest:
            yield piece
            piece = ""
        piece = f"{piece} {sentence}".strip()
    if piece:
        yield piece


def chunks_of(source: str, text: str, longest: int) -> Iterator[dict[str, object]]:
    """With its heading before each chunk: a piece from the middle does not say what it is about."""
    for heading, body in parts_of(text):
        place = f"{source}#{heading}" if heading else source
        for number, piece in enumerate(pieces_of(body, longest), 1):
            yield {"source": place, "document": source, "chunk": number, "text": f"{heading}: {piece}".lstrip(": ")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--longest", type=int, default=700, help="characters of a chunk")
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--chunks", type=Path, default=Path("/opt/ml/processing/output/train"))
    parser.add_argument("--questions", type=Path, default=Path("/opt/ml/processing/output/test"))
    args = parser.parse_args()

    lines = (args.input / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    chunks = [one for each in documents for one in chunks_of(each["source"], each["text"], args.longest)]
    args.chunks.mkdir(parents=True, exist_ok=True)
    args.questions.mkdir(parents=True, exist_ok=True)
    (args.chunks / "chunks.jsonl").write_text("".join(json.dumps(one) + "\n" for one in chunks), encoding="utf-8")
    (args.questions / "questions.jsonl").write_bytes((args.input / "questions.jsonl").read_bytes())
    print(f"prepare: {len(documents)} documents, {len(chunks)} chunks")


if __name__ == "__main__":
    main()
