"""Who made a saved plan and who approved it, so that two persons stand behind one change.

Beside a plan, ``FILE``, lies ``FILE.review.json``: whose plan it is, and who said yes to it. Each word is signed
over the plan's digest, the stack, the person and the time. So a plan that was changed, a name that was exchanged and a
record of another plan are found.

What signs is a seal. One is made from the passphrase of the stack's secrets (HMAC-SHA256), which whoever may deploy it
has and whoever only handles files has not. It does not hold out against somebody who has the passphrase and wants to
deceive: it keeps honest people from acting alone, by mistake or in haste, and files from being changed on their way.
The other is a key of KMS (`runs/plan_seal.py`), which nobody can take home: its policy says who may sign with it, and
CloudTrail who did. Those are reviewers. Authors may not, so whose plan it is stands there unsigned until an approval,
which says with whose plan it agrees, signs that too; nothing is carried out before.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, Protocol, Self

from mlops_iac.core.errors import PlanError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.engine.state.files import write_asked_for
from mlops_iac.engine.values.secrets import ROUNDS

SUFFIX: Final = ".review.json"
VERSION: Final = 2
MOST_APPROVALS: Final = 20


@dataclass(frozen=True, kw_only=True)
class Word:
    """What one person said of a plan."""

    what: Literal["made", "approved"]
    by: str
    """``anna@laptop``, an ARN, or ``anna by GitHub Actions``."""
    at: str
    """ISO 8601, UTC."""
    message: str = ""
    signature: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanReview:
    """Everything that was said of one plan."""

    stack: str
    digest: str
    """SHA-256 of the plan's file."""
    salt: str
    made: Word
    approvals: tuple[Word, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Raises KeyError and TypeError for what is no review."""
        if body["version"] != VERSION:
            raise TypeError(f"version {body['version']}")
        return cls(
            stack=str(body["stack"]),
            digest=str(body["digest"]),
            salt=str(body["salt"]),
            made=Word(**body["made"]),
            approvals=tuple(Word(**one) for one in body["approvals"][:MOST_APPROVALS]),
        )

    @property
    def second(self) -> Word | None:
        """Somebody else than whoever made the plan."""
        return next((one for one in self.approvals if one.by != self.made.by), None)


class Seal(Protocol):
    """What signs words."""

    authors: bool
    """Whether authors sign as well as approvers."""
    differs: str
    """What may be otherwise than where it was signed, where a signature does not hold; and the way out."""
    hint: str

    def sign(self, salt: str, text: bytes) -> str:
        """``salt``: of the record."""

    def holds(self, salt: str, text: bytes, signature: str) -> bool: ...


class PassphraseSeal:
    authors = True
    differs = "the passphrase here is another than where it was signed"
    hint = "use the same PULUMI_CONFIG_PASSPHRASE everywhere, or make a new plan with `preview --save-plan`."

    def __init__(self, passphrase: Callable[[], str]) -> None:
        self._passphrase, self._keys = passphrase, dict[str, bytes]()

    def sign(self, salt: str, text: bytes) -> str:
        return hmac.new(self._key(salt), text, hashlib.sha256).hexdigest()

    def holds(self, salt: str, text: bytes, signature: str) -> bool:
        return hmac.compare_digest(signature, self.sign(salt, text))

    def _key(self, salt: str) -> bytes:
        if salt not in self._keys:
            material = (self._passphrase().encode(), f"plan review {salt}".encode())
            self._keys[salt] = hashlib.pbkdf2_hmac("sha256", *material, ROUNDS)
        return self._keys[salt]


class Signer:
    """Signs and checks, by one seal."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def begin(self, plan: Path, stack: str, by: str, at: str) -> PlanReview:
        """The record of a plan that was just saved."""
        salt = secrets.token_hex(16)
        made = Word(what="made", by=by, at=at)
        found = PlanReview(stack=stack, digest=digest_of(plan), salt=salt, made=made)
        return replace(found, made=self._signed(found, made)) if self._seal.authors else found

    def approve(self, review: PlanReview, by: str, at: str, message: str) -> PlanReview:
        """With one approval more. Raises PlanError for whoever made the plan, and for who approved it before."""
        if by == review.made.by:
            raise PlanError(
                "Whoever made a plan does not approve it.",
                f"The plan of {review.stack} was made by {by}, and it is {by} who approves.",
                hint="let somebody else look at it and approve it.",
            )
        if by in [one.by for one in review.approvals]:
            raise PlanError(
                "It is approved already.", f"{by} approved this plan before.", hint="nothing is to be done."
            )
        word = Word(what="approved", by=by, at=at, message=message)
        return replace(review, approvals=(*review.approvals, self._signed(review, word)))

    def check(self, review: PlanReview, plan: Path) -> None:
        """Raises PlanError when the plan or any word of the record is not as it was signed."""
        if review.digest != digest_of(plan):
            raise self._changed(plan, "the plan is not the one that was signed")
        for word in (*([review.made] if self._seal.authors else []), *review.approvals):
            if not self._seal.holds(review.salt, _text(review, word), word.signature):
                raise self._changed(plan, f"what {word.by} {word.what} bears no valid signature")

    def _signed(self, review: PlanReview, word: Word) -> Word:
        return replace(word, signature=self._seal.sign(review.salt, _text(review, word)))

    def _changed(self, plan: Path, why: str) -> PlanError:
        return PlanError(
            "The plan was changed, or signed elsewhere.",
            f"{plan}: {why}. It was edited, or {self._seal.differs}.",
            hint=self._seal.hint,
        )


def _text(review: PlanReview, word: Word) -> bytes:
    """What is signed of a word: what, of which plan of whom, by whom and when."""
    plan = [review.stack, review.digest, review.made.by, review.made.at]
    said = [word.what, *plan, word.by, word.at, word.message]
    return json.dumps(said, ensure_ascii=True).encode()


def review_file(plan: Path) -> Path:
    return plan.with_name(plan.name + SUFFIX)


def digest_of(plan: Path) -> str:
    try:
        return hashlib.sha256(plan.read_bytes()).hexdigest()
    except OSError as error:
        raise PlanError(
            "No such plan.", f"{plan}: {error.strerror}.", hint="`preview STACK --save-plan FILE`."
        ) from error


def read_review(plan: Path) -> PlanReview:
    """Raises PlanError when nobody signed the plan, and for a file that is no record."""
    file = review_file(plan)
    try:
        return PlanReview.from_json(read_json(file.read_bytes()))
    except FileNotFoundError as error:
        raise PlanError(
            "Nobody stands behind the plan.",
            f"There is no {file.name} beside {plan}.",
            hint="make the plan with `mlops-iac preview STACK --save-plan FILE`, and keep both files together.",
        ) from error
    except (OSError, NotStrictJson, KeyError, TypeError, AttributeError) as error:
        raise PlanError("This is no record of a review.", f"{file}: {error}.", hint="make a new plan.") from error


def write_review(plan: Path, review: PlanReview) -> None:
    write_asked_for(review_file(plan), json.dumps(review.to_json(), indent=1, ensure_ascii=False) + "\n")
