"""The code of a verifier: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

What puts a model into service calls it first, with the version of the registry. It reads the archive that the version
names, and asks KMS whether the environment's key signed exactly this archive. Who can change an archive, or add a
version, cannot make a signature: only the role that writes the cards of models may use the key for that.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import os
from typing import Any


class ModelRefused(Exception):
    """The version is not served: it is unsigned, or changed since it was signed."""


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    boto3 = importlib.import_module("boto3")
    package = event["package"]
    found = boto3.client("sagemaker").describe_model_package(ModelPackageName=package)
    digest = verify(boto3.client("s3"), boto3.client("kms"), package, found)
    return {"package": package, "digest": digest, "verified": "true"}


def verify(s3: Any, kms: Any, package: str, found: dict[str, Any]) -> str:
    """The archive's digest. Raises ModelRefused."""
    signatures = importlib.import_module("signatures")
    containers = found.get("InferenceSpecification", {}).get("Containers", [])
    said = found.get("CustomerMetadataProperties", {})
    if "signature" not in said or "digest" not in said:
        raise ModelRefused(f"{package} is not signed: it was not registered by a pipeline of this environment.")
    if len(containers) != 1:
        raise ModelRefused(f"{package} has {len(containers)} containers; what is signed is the archive of one.")
    model = containers[0].get("ModelDataUrl", "")
    digest: str = signatures.digest_of(s3, model)
    if digest != said["digest"]:
        raise ModelRefused(
            f"{model} was changed after it was signed: its SHA-256 is {digest}, and {package} was registered with "
            f"{said['digest']}."
        )
    if not is_signed(kms, signatures.message_of(os.environ["STACK"], model, digest), said["signature"]):
        raise ModelRefused(f"The signature of {package} is wrong: the key {os.environ['KEY']} did not sign {model}.")
    return digest


def is_signed(kms: Any, message: bytes, signature: str) -> bool:
    """Whether the environment's key made this signature of the message."""
    try:
        made = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    algorithm = importlib.import_module("signatures").ALGORITHM
    asked = {"KeyId": os.environ["KEY"], "MessageType": "RAW", "SigningAlgorithm": algorithm}
    try:
        return bool(kms.verify(Message=message, Signature=made, **asked)["SignatureValid"])
    except kms.exceptions.KMSInvalidSignatureException:
        return False
