"""Plans signed by KMS: the private half never leaves it, its policy says who approves, CloudTrail who did."""

from __future__ import annotations

import base64
import binascii
import hashlib

from mlops_iac.clients import Clients
from mlops_iac.core.errors import CloudError
from mlops_iac.core.signatures import ALGORITHM
from mlops_iac.runs.calls import calling

INVALID = "KMSInvalidSignatureException"


class KmsSeal:
    """One key, ECC_NIST_P256 for signing. Approving takes ``kms:Sign`` with it, carrying a plan out ``kms:Verify``, and
    making one nothing: who may plan is not to be who may approve."""

    authors = False
    hint = "make a new plan with `preview --save-plan`, and have it approved anew."

    def __init__(self, clients: Clients, key: str) -> None:
        self._clients, self._key = clients, key
        self.differs = f"it was not signed with {key}"

    def sign(self, salt: str, text: bytes) -> str:
        """Raises CloudError for who may not."""
        with calling("kms:Sign", self._key):
            made = self._clients("kms").sign(Message=_digest(salt, text), **self._asked)
        return base64.b64encode(made["Signature"]).decode()

    def holds(self, salt: str, text: bytes, signature: str) -> bool:
        try:
            given = base64.b64decode(signature, validate=True)
        except binascii.Error:
            return False
        if not given:
            return False
        try:
            with calling("kms:Verify", self._key):
                kms = self._clients("kms")
                return bool(kms.verify(Message=_digest(salt, text), Signature=given, **self._asked)["SignatureValid"])
        except CloudError as error:
            if error.code == INVALID:
                return False
            raise

    @property
    def _asked(self) -> dict[str, str]:
        return {"KeyId": self._key, "MessageType": "DIGEST", "SigningAlgorithm": ALGORITHM}


def _digest(salt: str, text: bytes) -> bytes:
    return hashlib.sha256(salt.encode() + b"\n" + text).digest()
