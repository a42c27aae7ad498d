"""Likely secrets in a code folder: by the names of files in which tools keep them, and by forms that only keys have.

What travels lies in the lake under ``code/`` and inside every model archive, for whoever may read either. The table is
our own and short: detectors such as detect-secrets (Apache-2.0, two further dependencies) find by entropy and by words
like `password` as well, which in a data team's notebooks, hashes and test data is mostly noise, and a refusal must be
right. Sources of the forms: GitHub's "Supported secret scanning patterns" and each vendor's own documentation.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mlops_iac.core.errors import Problem
from mlops_iac.runs.ignore import IGNORE_FILE

NAMES: Final = (
    ("*.pem", "a key or certificate"),
    ("*.p12", "a key store"),
    ("*.pfx", "a key store"),
    ("*.jks", "a key store"),
    ("*.keystore", "a key store"),
    ("*.ppk", "a private key"),
    ("*.kdbx", "a password store"),
    ("*.tfstate", "a Terraform state, which holds secrets in clear"),
    ("*.tfstate.*", "a Terraform state, which holds secrets in clear"),
    ("id_rsa", "a private key of SSH"),
    ("id_dsa", "a private key of SSH"),
    ("id_ecdsa", "a private key of SSH"),
    ("id_ed25519", "a private key of SSH"),
    (".env", "a file of passwords"),
    (".env.*", "a file of passwords"),
    (".envrc", "a file of passwords"),
    (".netrc", "a file of passwords"),
    ("_netrc", "a file of passwords"),
    (".git-credentials", "a file of passwords"),
    (".pgpass", "a file of passwords"),
    (".my.cnf", "a file of passwords"),
    (".htpasswd", "a file of passwords"),
    (".pypirc", "a file of passwords"),
    (".npmrc", "a file of passwords"),
    (".dockercfg", "Docker's passwords"),
    (".boto", "credentials"),
    (".s3cfg", "credentials"),
    (".databrickscfg", "credentials"),
    ("kaggle.json", "credentials"),
    ("application_default_credentials.json", "credentials of Google Cloud"),
    ("kubeconfig", "credentials of a cluster"),
    ("*.kubeconfig", "credentials of a cluster"),
)
FOLDERS: Final = (".aws", ".ssh", ".gnupg", ".kube", ".docker", ".azure", ".config/gcloud", ".mlops-iac")
"""Whatever lies in them."""

EXAMPLES: Final = (".env.example", ".env.sample", ".env.template", ".env.dist", "*.pub")
"""Files that are made to be shown."""

FORMS: Final[tuple[tuple[bytes, re.Pattern[bytes], str], ...]] = tuple(
    (mark, re.compile(form), what)
    for mark, form, what in (
        (b"-----BEGIN ", rb"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr])"
                         rb"(?:[\s\",]|\\[nr])*[A-Za-z0-9+/]", "a private key"),
        (b"AKIA", rb"(?<![A-Za-z0-9])AKIA(?![A-Z0-9]{9}EXAMPLE)[A-Z2-7]{16}(?![A-Za-z0-9])", "an access key of AWS"),
        (b"ASIA", rb"(?<![A-Za-z0-9])ASIA(?![A-Z0-9]{9}EXAMPLE)[A-Z2-7]{16}(?![A-Za-z0-9])", "an access key of AWS"),
        (b"ecret", rb"(?i)aws_?secret_?(?:access_?)?key\\?[\"']?\s*[:=]\s*\\?[\"']?(?![A-Za-z0-9/+]{30}EXAMPLEKEY)"
                   rb"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])", "a secret key of AWS"),
        (b"gh", rb"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,}", "a token of GitHub"),
        (b"github_pat_", rb"github_pat_[A-Za-z0-9_]{60,}", "a token of GitHub"),
        (b"glpat-", rb"glpat-[A-Za-z0-9_-]{20,}", "a token of GitLab"),
        (b"hf_", rb"(?<![A-Za-z0-9_])hf_[A-Za-z]{34}(?![A-Za-z0-9])", "a token of Hugging Face"),
        (b"sk-", rb"(?<![A-Za-z0-9])sk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}(?![A-Za-z0-9])", "an API key"),
        (b"AIza", rb"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", "an API key of Google"),
        (b"xox", rb"xox[abprs]-[0-9A-Za-z-]{20,}", "a token of Slack"),
        (b"_live_", rb"(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{20,}", "a key of Stripe"),
        (b"pypi-AgEIcHlwaS5vcmc", rb"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}", "a token of PyPI"),
        (b"npm_", rb"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])", "a token of npm"),
        (b"MLOPSIAC", rb"(?<![A-Z0-9])MLOPSIAC[A-Z2-7]{32}(?![A-Z0-9])", "the key of an embedded cloud"),
    )
)  # fmt: skip
"""A literal that is looked for first because that is fast, the form, and what it is. Quotes and ends of lines may be
escaped, as in the JSON of a notebook."""


@dataclass(frozen=True)
class Secret:
    """A place where a secret seems to be. What it is there is never shown."""

    name: str
    """Of the file, inside the code folder."""
    line: int
    """1-based; 0 when the file's name says it all."""
    what: str


def find_in_name(name: str) -> Secret | None:
    """``name`` has forward slashes and starts inside the code folder."""
    base, inside = name.rpartition("/")[2], f"/{name}"
    if any(fnmatch.fnmatchcase(base, pattern) for pattern in EXAMPLES):
        return None
    if any(f"/{folder}/" in inside for folder in FOLDERS):
        return Secret(name, 0, "in a folder where a tool keeps credentials")
    return next((Secret(name, 0, what) for pattern, what in NAMES if fnmatch.fnmatchcase(base.lower(), pattern)), None)


def find_in_content(name: str, content: bytes) -> Iterator[Secret]:
    """The first place of each kind."""
    for mark, form, what in FORMS:
        found = form.search(content) if mark in content else None
        if found:
            yield Secret(name, content.count(b"\n", 0, found.start()) + 1, what)


def problems_of(secrets: Iterable[Secret], folder: str) -> list[Problem]:
    return [
        Problem(
            file=f"{folder}/{secret.name}",
            line=secret.line,
            summary="Code holds what looks like a secret.",
            detail=f"This looks like {secret.what}. Code is kept in the lake, and inside each model.",
            hint=f"take it out, or name the file in {IGNORE_FILE}; if it is none, `--allow {secret.name}` packs it.",
        )
        for secret in secrets
    ]
