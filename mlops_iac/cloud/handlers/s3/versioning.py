"""aws:s3/bucketVersioning:BucketVersioning."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.s3._part import OWNER, BucketPart
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class BucketVersioning(BucketPart):
    """PutBucketVersioning, GetBucketVersioning. Versioning cannot be taken back, so a delete suspends it, as
    Pulumi's does; under Object Lock not even that."""

    type = "aws:s3/bucketVersioning:BucketVersioning"
    create_op, read_op = "PutBucketVersioning", "GetBucketVersioning"
    required = frozenset({"bucket", "versioningConfiguration"})
    ignores = {**OWNER, "mfa": "no devices exist here."}
    refreshed = {"versioningConfiguration": "{status: Status, mfaDelete: MFADelete}"}

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if (outputs.get("versioningConfiguration") or {}).get("status") != "Disabled":
            suspended = {"Status": "Suspended"}
            try:
                api.maybe("PutBucketVersioning", Bucket=outputs["bucket"], VersioningConfiguration=suspended)
            except CloudError as error:
                if error.code != "InvalidBucketState":
                    raise
