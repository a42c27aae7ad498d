"""Who signed a request: sessions that this cloud issued, users with access keys, and the person.

The person's access key is derived from the cloud's token (`cloud.token`). A session carries who it is in its own token,
signed with a key of the same origin. So nothing is stored for it, it outlives a restart, and one that was made up or
has expired is refused.

Signatures of requests are not verified: an access key id of this cloud is a secret by itself. What is enforced are the
rights of code that uses the credentials which it was given, as on AWS.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import parse_qs

from mlops_iac.clients import Credentials
from mlops_iac.cloud.clock import machine_time
from mlops_iac.cloud.iam.documents import Names
from mlops_iac.cloud.token import Token
from mlops_iac.cloud.wire import AwsError
from mlops_iac.core.strict_json import read_json

SESSION_KEY: Final = "ASIAMLOPSIAC"
"""What the access key ids of this cloud's sessions begin with; nobody else's dummy key does."""

_ACCESS_KEY: Final = re.compile(r"Credential=([\w.-]+)/|^AWS ([\w.-]+):")
"""Signature version 4 (and 4A), and version 2, which boto3 still uses for presigned URLs."""
_FORM: Final = re.compile(
    rb'name="(?:x-amz-credential|AWSAccessKeyId)"\r\n(?:[^\r\n]+\r\n)*\r\n([\w.-]+)', re.IGNORECASE
)
_FORM_HEAD: Final = 65_536
"""Bytes of a browser's form in which the key is looked for: the fields come before the file."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Somebody who makes requests."""

    kind: Literal["person", "user", "role"]
    account: str
    name: str = ""
    """Of the role or the user."""
    arn: str = ""
    """Of the role or the user, for the person that of the administrator."""
    session: str = ""
    """A role's session: its last part in ``assumed-role/<role>/<session>``."""
    policies: tuple[str, ...] = ()
    """Session policies, as JSON texts."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the session."""
    temporary: bool = False
    """A session of the person or of a user: the same rights, but for what `session_tokens` closes to it."""
    federated: str = ""
    """Whom the person or the user vouches for: with their rights, as far as the session's policies allow them."""

    @property
    def shown(self) -> str:
        """The ARN by which AWS's messages and GetCallerIdentity name it."""
        return self.session_arn or self.arn

    @property
    def session_arn(self) -> str:
        begin = f"arn:{self.arn.split(':', 2)[1]}:sts::{self.account}"
        if self.federated:
            return f"{begin}:federated-user/{self.federated}"
        return f"{begin}:assumed-role/{self.name}/{self.session}" if self.kind == "role" else ""

    @property
    def names(self) -> Names:
        return Names(session=self.session_arn, identity=self.arn, account=self.account)


def person(account: str, partition: str = "aws") -> Principal:
    """The owner, and every tool that was given the owner's access key: an administrator of the account."""
    arn = f"arn:{partition}:iam::{account}:user/administrator"
    return Principal(kind="person", account=account, name="administrator", arn=arn)


class Sessions:
    """Issues and reads credentials that end: those of roles, and those of a caller's own."""

    def __init__(self, token: Token) -> None:
        self._key = token.derive("role sessions")

    def issue(
        self,
        role_arn: str,
        session: str,
        seconds: float,
        *,
        policies: tuple[str, ...] = (),
        tags: Mapping[str, str] | None = None,
    ) -> tuple[Credentials, datetime]:
        """Credentials for a role's session, and when they end. Whether the role may be assumed is asked elsewhere."""
        claims = {"role": role_arn, "session": session, "policies": policies, "tags": dict(tags or {})}
        return self._signed(claims, seconds)

    def issue_same(self, principal: Principal, seconds: float) -> tuple[Credentials, datetime]:
        """Credentials for somebody who has lasting ones, and when they end."""
        return self._signed(_names(principal), seconds)

    def issue_federated(
        self, principal: Principal, name: str, seconds: float, policies: tuple[str, ...], tags: Mapping[str, str]
    ) -> tuple[Credentials, datetime, Principal]:
        """Credentials for whom somebody with lasting ones vouches for, when they end, and who that is."""
        claims = {**_names(principal), "federated": name, "policies": policies, "tags": dict(tags)}
        federated = Principal(**claims, temporary=True)
        return *self._signed(claims, seconds), federated

    def read(self, token: str) -> Principal:
        """The principal of a session token. Raises `AwsError` as AWS does for one that is wrong or has expired."""
        body, _, signature = token.rpartition(".")
        if not body or not hmac.compare_digest(signature, self._sign(body)):
            raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        claims: dict[str, Any] = read_json(base64.urlsafe_b64decode(body))
        if claims["ends"] < machine_time():
            raise AwsError("ExpiredToken", "The security token included in the request is expired", 403)
        if "role" in claims:
            return self.principal(claims["role"], claims["session"], tuple(claims["policies"]), claims["tags"])
        del claims["ends"]
        return Principal(**{**claims, "policies": tuple(claims.get("policies", ()))}, temporary=True)

    def principal(
        self, role_arn: str, session: str, policies: tuple[str, ...] = (), tags: Mapping[str, str] | None = None
    ) -> Principal:
        """A session of a role, by its names."""
        return Principal(
            kind="role",
            account=role_arn.split(":")[4],
            name=role_arn.rsplit("/", 1)[-1],
            arn=role_arn,
            session=session,
            policies=policies,
            tags=tags or {},
        )

    def _signed(self, claims: dict[str, Any], seconds: float) -> tuple[Credentials, datetime]:
        ends = machine_time() + seconds
        claims["ends"] = ends
        body = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode()
        signature = self._sign(body)
        credentials = Credentials(
            access_key=SESSION_KEY + base64.b32encode(bytes.fromhex(signature)[:5]).decode(),
            secret_key=base64.b64encode(bytes.fromhex(self._sign(f"secret {body}"))).decode()[:40],
            token=f"{body}.{signature}",
        )
        return credentials, datetime.fromtimestamp(ends, UTC)

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _names(principal: Principal) -> dict[str, Any]:
    return {"kind": principal.kind, "account": principal.account, "name": principal.name, "arn": principal.arn}


def access_key_of(environ: Mapping[str, Any], body: bytes = b"") -> str:
    """The access key id in a request's header, in its presigned URL or in a browser's form; empty when unsigned."""
    found = _ACCESS_KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found:
        return found[1] or found[2]
    named = _query(environ, "X-Amz-Credential") or _query(environ, "AWSAccessKeyId")
    if named or not is_form(environ):
        return named.partition("/")[0]
    in_form = _FORM.search(body[:_FORM_HEAD])
    return in_form[1].decode() if in_form else ""


def is_form(environ: Mapping[str, Any]) -> bool:
    """Whether a browser's form is posted, whose fields hold what other requests have in their head."""
    return environ.get("REQUEST_METHOD", "POST") == "POST" and str(environ.get("CONTENT_TYPE", "")).startswith(
        "multipart/form-data"
    )


def token_of(environ: Mapping[str, Any]) -> str:
    """The session token of a request."""
    return str(environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "")) or _query(environ, "X-Amz-Security-Token")


def _query(environ: Mapping[str, Any], name: str) -> str:
    text = environ.get("QUERY_STRING", "")
    return parse_qs(text).get(name, [""])[0] if name in text else ""
