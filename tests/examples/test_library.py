"""The library team's scripts: what is no document is refused by its name, and chunks keep to their length."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import get_framework
from tests.conftest import CHECKOUT

HERE = CHECKOUT / "examples/library"
QUESTION = '{"question": "What is a cat?", "expected": ["cats.md#Cats"], "says": ["animal"]}\n'


@pytest.fixture(scope="module")
def sklearn() -> str:
    """A Python with scikit-learn."""
    return str(framework_environment(get_framework("sklearn", "1.4-2")).python)


def run(script: str, *arguments: str | Path, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, HERE / script, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw/documents").mkdir(parents=True)
    (tmp_path / "raw/questions").mkdir()
    (tmp_path / "raw/questions/questions.jsonl").write_text(QUESTION)
    (tmp_path / "raw/documents/cats.md").write_text("# Animals\n\n## Cats\n\nA cat is an animal. It sleeps.\n")
    return tmp_path / "raw"


def parse(raw: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run("validate.py", "--input", raw, "--output", raw.parent / "parsed", *more)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.md", b" \n", "it is empty"),
        ("picture.md", b"\x89PNG\0\0", "it is a binary file"),
        ("latin.md", "Bär".encode("latin-1"), "byte 1 is 0xe4, which is not UTF-8"),
        ("huge.md", b"a" * 5_000_001, "it has 5,000,001 bytes; a document has at most 5,000,000"),
        ("report.pdf", b"%PDF-1.7", "`.pdf` is none of .md, .rst, .txt"),
    ],
)
def test_what_is_no_document_stops_the_run_by_its_name(raw: Path, name: str, content: bytes, says: str) -> None:
    (raw / "documents" / name).write_bytes(content)
    done = parse(raw)
    assert done.returncode == 1
    assert f"validate: {name} is no document: {says}" in done.stdout
    assert "1 of 2 files are no documents" in done.stderr


def test_a_share_of_them_may_be_tolerated_and_is_told(raw: Path) -> None:
    (raw / "documents/empty.md").touch()
    assert parse(raw, "--tolerate", "0.5").returncode == 0
    report = json.loads((raw.parent / "parsed/report.json").read_text())
    assert report == {"documents": 1, "refused": {"empty.md": "it is empty"}}


def test_no_document_at_all_says_where_they_belong(raw: Path) -> None:
    (raw / "documents/cats.md").unlink()
    done = parse(raw)
    assert done.returncode == 1
    assert "no document lies in raw/documents/" in done.stderr


def test_a_question_without_what_is_expected_is_told_with_its_line(raw: Path) -> None:
    (raw / "questions/questions.jsonl").write_text(f'{QUESTION}{{"question": "Why?"}}\n')
    assert 'questions.jsonl:2 needs "question" and "expected"' in parse(raw).stderr


def test_chunks_are_cut_at_headings_and_between_sentences(raw: Path) -> None:
    (raw / "documents/dogs.md").write_text("## Dogs\n\n" + "A dog barks. " * 30 + "\n\n## Wolves\n\n" + "x" * 250)
    parse(raw)
    out = raw.parent
    done = run(
        "prepare.py", "--longest", "100", "--input", out / "parsed", "--chunks", out / "c", "--questions", out / "q"
    )
    assert done.returncode == 0, done.stderr
    chunks = [json.loads(line) for line in (out / "c/chunks.jsonl").read_text().splitlines()]
    cats, *others = chunks
    assert cats == {
        "source": "cats.md#Cats", "document": "cats.md", "chunk": 1, "text": "Cats: A cat is an animal. It sleeps."
    }  # fmt: skip
    assert {one["source"] for one in others} == {"dogs.md#Dogs", "dogs.md#Wolves"}
    assert max(len(one["text"]) for one in others) <= 100 + len("Wolves: ")
    barks = [one["text"] for one in others if one["source"] == "dogs.md#Dogs"]
    assert all(text.endswith("barks.") for text in barks)
    assert (out / "q/questions.jsonl").read_text() == (raw / "questions/questions.jsonl").read_text()


@pytest.mark.slow
def test_documents_of_nothing_but_stop_words_are_told(tmp_path: Path, sklearn: str) -> None:
    (tmp_path / "chunks.jsonl").write_text(json.dumps({"text": "the of and"}) + "\n")
    done = run("train.py", "--train", tmp_path, "--model-dir", tmp_path / "model", python=sklearn)
    assert done.returncode == 1
    assert "train: the documents hold too little to learn from: empty vocabulary" in done.stderr
    assert "Traceback" not in done.stderr


def test_recall_counts_questions_that_could_not_be_asked(tmp_path: Path) -> None:
    def answer(*sources: str) -> str:
        found = [{"distance": 0.1, "metadata": {"source": source, "text": "an animal"}} for source in sources]
        return json.dumps({**json.loads(QUESTION), "found": found}) + "\n"

    (tmp_path / "answers").mkdir()
    (tmp_path / "test").mkdir()
    lines = [answer("cats.md#Cats"), answer("a", "b", "cats.md#Cats"), answer("a")]
    (tmp_path / "answers/answers.jsonl").write_text("".join(lines))
    (tmp_path / "test/questions.jsonl").write_text(QUESTION * 4)
    done = run(
        "evaluate.py", "--answers", tmp_path / "answers", "--test", tmp_path / "test", "--output", tmp_path / "out"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out/evaluation.json").read_text())["metrics"] == {
        "recall_at_1": 0.25, "recall_at_5": 0.5, "mrr": 0.333333, "says_at_5": 0.75, "questions": 4,
    }  # fmt: skip
    assert "not among the first five: What is a cat? (cats.md#Cats)" in done.stdout
