"""Digest files: what a trail wrote, hashed, signed and chained, so that whoever changes a log file is found out.

A digest names the log files since the one before it, and that one's hash and signature; its own signature is in its
metadata, made with a key of the region whose public half ListPublicKeys answers. So ``aws cloudtrail validate-logs``
reads them. AWS writes one an hour; here it is one a minute, as log files come sixty times as often too, and none for a
minute in which nothing was written.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.trail.event import Event
from mlops_iac.cloud.trail.writing import Writer
from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE, KEYS = "trail-digests", "trail-keys"
EVERY: Final = timedelta(minutes=1)
ALGORITHM: Final = "SHA256withRSA"
BITS: Final = 2048
VALID: Final = timedelta(days=365)
FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


class Digests:
    def __init__(self, gateway: Gateway, writer: Writer) -> None:
        self._gateway, self._writer = gateway, writer

    def install(self) -> None:
        self._gateway.instead("cloudtrail", "ListPublicKeys", self._list_keys)

    def note(self, trail: Any, key: str, content: bytes, events: Sequence[Event]) -> None:
        """A log file that was written; it is in the next digest."""
        if not trail.log_validation:
            return
        times = sorted(event["eventTime"] for event in events)
        told = {
            "s3Bucket": trail.bucket_name,
            "s3Object": key,
            "hashValue": hashlib.sha256(content).hexdigest(),
            "hashAlgorithm": "SHA-256",
            "newestEventTime": times[-1],
            "oldestEventTime": times[0],
        }
        with self._gateway.locked("cloudtrail"):
            known = self._gateway.store[STORE].get(trail.arn) or {"logs": [], "last": None, "from": _now()}
            self._gateway.store[STORE][trail.arn] = {**known, "logs": [*known["logs"], told]}
        self._gateway.touch()

    def write(self, trail: Any, *, at_once: bool = False) -> None:
        """The next digest, when it is time and there is something in it."""
        known = self._gateway.store[STORE].get(trail.arn)
        now = datetime.now(UTC)
        if not known or not known["logs"] or not (at_once or datetime.fromisoformat(known["from"]) + EVERY <= now):
            return
        last, logs = known["last"] or {}, known["logs"]
        key, end = _file_name(trail, now), f"{now:{FORM}}"
        if key == last.get("key"):
            return  # names tell seconds
        body = {
            "awsAccountId": trail.account_id,
            "digestStartTime": known["from"],
            "digestEndTime": end,
            "digestS3Bucket": trail.bucket_name,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": self._fingerprint(trail.region_name),
            "digestSignatureAlgorithm": ALGORITHM,
            "newestEventTime": max(one["newestEventTime"] for one in logs),
            "oldestEventTime": min(one["oldestEventTime"] for one in logs),
            "previousDigestS3Bucket": last.get("bucket"),
            "previousDigestS3Object": last.get("key"),
            "previousDigestHashValue": last.get("hash"),
            "previousDigestHashAlgorithm": "SHA-256" if last else None,
            "previousDigestSignature": last.get("signature"),
            "logFiles": logs,
        }
        content = json.dumps(body).encode()
        hashed = hashlib.sha256(content).hexdigest()
        signed = [end, f"{trail.bucket_name}/{key}", hashed, last.get("signature") or "null"]
        signature = self._sign(trail.region_name, "\n".join(signed).encode())
        self._writer.put(trail, key, content, {"signature": signature, "signature-algorithm": ALGORITHM})
        self._settle(trail, len(logs), end, {"bucket": trail.bucket_name, "key": key, "hash": hashed}, signature)

    def _settle(self, trail: Any, count: int, end: str, last: dict[str, str], signature: str) -> None:
        """What came while the digest was written stays for the next one."""
        with self._gateway.locked("cloudtrail"):
            known = self._gateway.store[STORE].get(trail.arn)
            if known:
                later = known["logs"][count:]
                self._gateway.store[STORE][trail.arn] = {
                    "logs": later, "last": {**last, "signature": signature}, "from": end,
                }  # fmt: skip
        self._gateway.touch()

    def forget(self, arn: str) -> None:
        self._gateway.store[STORE].pop(arn, None)

    def last(self, arn: str) -> str:
        """When the latest digest was written; empty when none was."""
        known = self._gateway.store[STORE].get(arn)
        return str(known["from"]) if known and known["last"] else ""

    # Keys ---------------------------------------------------------------------------------------------------------

    def _sign(self, region: str, message: bytes) -> str:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        return bytes(self._key(region).sign(message, padding.PKCS1v15(), hashes.SHA256())).hex()

    def _fingerprint(self, region: str) -> str:
        return hashlib.md5(self._public(region), usedforsecurity=False).hexdigest()

    def _public(self, region: str) -> bytes:
        """DER, in the form of PKCS#1."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return bytes(self._key(region).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1))

    def _key(self, region: str) -> Any:
        """The region's, made when it is first used; it is kept with this cloud's state, which is sealed."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        with self._gateway.locked("cloudtrail"):
            keys = self._gateway.store[KEYS]
            if region not in keys:
                made = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
                form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
                keys[region] = {"pem": made.private_bytes(*form).decode(), "from": _now()}
            return serialization.load_pem_private_key(keys[region]["pem"].encode(), None)

    def _list_keys(self, call: Call) -> dict[str, Any]:
        known = self._gateway.store[KEYS].get(call.region)
        if known is None:
            return {"PublicKeyList": []}
        start = datetime.fromisoformat(known["from"])
        told = {
            "Value": self._public(call.region),
            "ValidityStartTime": start,
            "ValidityEndTime": start + VALID,
            "Fingerprint": self._fingerprint(call.region),
        }
        return {"PublicKeyList": [told]}


def _now() -> str:
    return f"{datetime.now(UTC):{FORM}}"


def _file_name(trail: Any, now: datetime) -> str:
    prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
    region = trail.region_name
    folder = f"{prefix}AWSLogs/{trail.account_id}/CloudTrail-Digest/{region}/{now:%Y/%m/%d}"
    words = (trail.account_id, "CloudTrail-Digest", region, trail.trail_name, region, f"{now:%Y%m%dT%H%M%SZ}")
    return f"{folder}/{'_'.join(words)}.json.gz"
