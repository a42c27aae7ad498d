"""Read the documents, and refuse what is none. What is left is one line of JSON for each document.

A document is a file of text: .md, .txt or .rst, in UTF-8, neither empty nor huge. A run stops when more than
``--tolerate`` of the documents are refused; the rest goes on without them, and the report says which and why.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

KINDS = (".md", ".rst", ".txt")
MOST_BYTES = 5_000_000
"""A book has a million. More is a dump of something."""


def find_fault(content: bytes) -> str:
    """Why this is no document; empty when it is one."""
    if len(content) > MOST_BYTES:
        return f"it has {len(content):,} bytes; a document has at most {MOST_BYTES:,}: split it"
    if b"\0" in content:
        return "it is a binary file: convert it to text first"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"byte {error.start} is 0x{content[error.start]:02x}, which is not UTF-8: save it as UTF-8"
    return "" if text.strip() else "it is empty"


def read_documents(folder: Path) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The documents, and why each of the others is none."""
    documents, refused = [], {}
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = file.relative_to(folder).as_posix()
        fault = "" if file.suffix.lower() in KINDS else f"`{file.suffix}` is none of {', '.join(KINDS)}"
        fault = fault or find_fault(file.read_bytes())
        if fault:
            refused[name] = fault
        else:
            documents.append({"source": name, "text": file.read_text(encoding="utf-8-sig")})
    return documents, refused


def read_questions(file: Path) -> list[dict[str, object]]:
    """The question set: the gate measures with it. Ends the run when a line is no question."""
    questions = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            question = json.loads(line)
            if not (question.get("question") and question.get("expected")):
                sys.exit(f'validate: {file.name}:{number} needs "question" and "expected"')
            questions.append(question)
    return questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tolerate", type=float, default=0.0, help="share of documents that may be refused")
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/data"))
    args = parser.parse_args()

    documents, refused = read_documents(args.input / "documents")
    for name, fault in refused.items():
        print(f"validate: {name} is no document: {fault}")
    if not documents:
        sys.exit("validate: no document lies in raw/documents/: put some there with `mlops-iac data put`")
    if len(refused) > args.tolerate * (len(documents) + len(refused)):
        sys.exit(f"validate: {len(refused)} of {len(documents) + len(refused)} files are no documents; see above")
    questions = read_questions(args.input / "questions" / "questions.jsonl")

    args.output.mkdir(parents=True, exist_ok=True)
    for name, lines in (("documents.jsonl", documents), ("questions.jsonl", questions)):
        (args.output / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (args.output / "report.json").write_text(json.dumps({"documents": len(documents), "refused": refused}) + "\n")
    print(f"validate: {len(documents)} documents, {len(refused)} refused, {len(questions)} questions")


if __name__ == "__main__":
    main()
