"""Files that are no stack file, or mean harm: each is a plain ConfigError that names the file, quickly."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml

from mlops_iac.config import document, load_stack
from mlops_iac.config.document import MAX_DEPTH
from mlops_iac.config.text import MAX_BYTES
from mlops_iac.core.errors import ConfigError

from .conftest import HEAD

BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)

DOCUMENTS = {
    "empty": (b"", "is empty"),
    "only spaces": (b" \n\t\n ", "is empty"),
    "only comments": (b"# nothing\n", "is empty"),
    "only a document mark": (b"---\n", "is a mapping"),
    "binary": (b"\x7fELF\x02\x01\x01\x00" + bytes(64), "is not text"),
    "a null byte": (HEAD.encode() + b"  aws:profile: a\x00b\n", "is not text"),
    "an escape sequence": (HEAD.encode() + b"  aws:profile: \x1b[2J\n", "is not text"),
    "latin-1": (HEAD.encode() + b"  mlops-iac:owner: Mm\xfcller\n", "is not UTF-8"),
    "utf-8 mark": (b"\xef\xbb\xbf" + HEAD.encode(), "byte order mark"),
    "utf-16": (HEAD.encode("utf-16"), "byte order mark"),
    "overlong utf-8": (HEAD.encode() + b"  aws:profile: \xc0\xaf\n", "is not UTF-8"),
    "half a surrogate": (HEAD.encode() + b"  aws:profile: \xed\xa0\x80\n", "is not UTF-8"),
    "too large": (HEAD.encode() + b"#" * MAX_BYTES, "too large"),
    "two documents": (HEAD.encode() + b"---\nconfig: {}\n", "More than one YAML document"),
    "python object": (b"config: !!python/object/apply:os.system ['touch CANARY']\n", "tags"),
    "python name": (b"config: !!python/name:os.system\n", "tags"),
    "own tag": (b"config: !include /etc/passwd\n", "tags"),
    "bare tag": (b"config: ! x\n", "tags"),
    "binary tag": (b"config: !!binary aGk=\n", "tags"),
    "alias bomb": (BOMB.encode(), "anchors"),
    "self reference": (b"config: &a {b: *a}\n", "anchors"),
    "alias of nothing": (b"config: *nothing\n", "anchors"),
    "merge key": (b"config:\n  <<: {aws:region: eu-west-1}\n", "merge keys"),
    "deep lists": (b"config: " + b"[" * 100_000, "nested too deep"),
    "deep mappings": (b"config: " + b"{a: " * 60_000, "nested too deep"),
    "deep blocks": (b"".join(b" " * n + b"a:\n" for n in range(600)), "nested too deep"),
    "duplicate key": (HEAD.encode() + b"  mlops-iac:team: other\n", "there twice"),
    "duplicate key in other quotes": (HEAD.encode() + b'  "mlops-iac:team": other\n', "there twice"),
    "a list as a key": (b"config:\n  [a, b]: c\n", "A key must be text"),
    "an empty key": (b'config:\n  "": c\n', "A key must be text"),
    "a quote that stays open": (HEAD.encode() + b'  aws:profile: "x\n', "not valid YAML"),
    "a tab as indentation": (b"config:\n\taws:region: eu-west-1\n", "not valid YAML"),
    "a list": (b"- config\n", "is a mapping"),
    "a word": (b"config\n", "is a mapping"),
    "config is a list": (b"config: [aws:region]\n", "must be a mapping"),
    "config is missing": (b"encryptionsalt: v1:x\n", "must be a mapping"),
}


@pytest.mark.parametrize("loader", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_is_refused_in_words(write, root, name, loader, monkeypatch):
    content, words = DOCUMENTS[name]
    monkeypatch.setattr(document, "_Loader", loader)
    monkeypatch.chdir(root)
    write(content)
    started = time.perf_counter()
    with pytest.raises(ConfigError) as caught:
        load_stack(root, "screening-dev", options_model=None)
    assert time.perf_counter() - started < 2
    assert caught.value.exit_code == 2
    assert words in str(caught.value)
    assert caught.value.problems[0].file == "stacks/Pulumi.screening-dev.yaml"
    assert not (root / "CANARY").exists()


def test_nesting_at_the_limit_is_read_and_one_more_is_not(load, root):
    depth = MAX_DEPTH - 2  # The file and `config:` are mappings themselves.
    load(f"x:y: {'[' * depth}{']' * depth}")
    with pytest.raises(ConfigError, match="nested too deep"):
        load(f"x:y: {'[' * (depth + 1)}{']' * (depth + 1)}")


def test_a_file_just_below_the_size_limit_is_read(write, root):
    write(HEAD.encode() + b"#" * (MAX_BYTES - len(HEAD.encode()) - 1) + b"\n")
    assert load_stack(root, "screening-dev", options_model=None).team == "screening"


def test_a_pipe_does_not_hang(root):
    os.mkfifo(root / "stacks" / "Pulumi.screening-dev.yaml")
    with pytest.raises(ConfigError, match="is not a file"):
        load_stack(root, "screening-dev", options_model=None)


def test_a_folder_is_no_stack_file(root):
    (root / "stacks" / "Pulumi.screening-dev.yaml").mkdir()
    with pytest.raises(ConfigError, match="is not a file"):
        load_stack(root, "screening-dev", options_model=None)


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/hostname", "../../outside.yaml"])
def test_a_link_out_of_the_project_is_refused(root, target):
    (root.parent / "outside.yaml").write_text(HEAD)
    (root / "stacks" / "Pulumi.screening-dev.yaml").symlink_to(target)
    with pytest.raises(ConfigError, match=r"link out of the project|cannot be read"):
        load_stack(root, "screening-dev", options_model=None)


def test_a_stacks_folder_that_is_a_link_out_of_the_project_is_refused(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "Pulumi.screening-dev.yaml").write_text(HEAD)
    (root / "stacks").rmdir()
    (root / "stacks").symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="link out of the project"):
        load_stack(root, "screening-dev", options_model=None)


def test_a_link_inside_the_project_is_followed(root):
    (root / "shared.yaml").write_text(HEAD)
    (root / "stacks" / "Pulumi.screening-dev.yaml").symlink_to("../shared.yaml")
    assert load_stack(root, "screening-dev", options_model=None).team == "screening"


@pytest.mark.parametrize("target", ["Pulumi.screening-dev.yaml", "nowhere.yaml"])
def test_a_link_to_itself_or_to_nothing_is_told(root, target):
    (root / "stacks" / "Pulumi.screening-dev.yaml").symlink_to(target)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_stack(root, "screening-dev", options_model=None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(write, root):
    write(HEAD).chmod(0)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_stack(root, "screening-dev", options_model=None)


def test_problems_of_form_and_of_meaning_are_told_together(problems):
    found = problems("mlops-iac:team: other\nmlops-iac:tags: {n: 0123}\nmlops-iac:securty: x\n")
    assert [(p.line, p.summary) for p in found] == [
        (7, "This key is there twice."),
        (8, "YAML readers disagree about this number."),
        (9, "This key is not known here."),
    ]
    assert found[1].hint.startswith('put it in quotes, "0123"')


def test_the_line_of_a_byte_that_is_not_utf_8_is_told(write, root):
    write(HEAD.encode() + b"  aws:profile: \xff\n")
    with pytest.raises(ConfigError) as caught:
        load_stack(root, "screening-dev", options_model=None)
    assert caught.value.problems[0].line == 7


def test_the_file_is_named_from_the_project_and_not_from_the_disk(write, root):
    path: Path = write("{")
    with pytest.raises(ConfigError) as caught:
        load_stack(root, "screening-dev", options_model=None)
    assert str(path.parent) not in str(caught.value)
