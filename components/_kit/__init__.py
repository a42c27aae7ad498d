"""What every component is made of: the site it is for, one door that makes children, names, tags, grants, references.

Floor 1: imports `mlops_iac.core` and pulumi, never a cloud's SDK.
"""

from mlops_iac.components._kit.base import Component
from mlops_iac.components._kit.documents import Document, policy, render
from mlops_iac.components._kit.grants import Grant
from mlops_iac.components._kit.reach import Reach
from mlops_iac.components._kit.refs import (
    ApiRef,
    ApprovalsRef,
    BoundaryRef,
    BucketRef,
    CardsRef,
    DomainRef,
    EndpointRef,
    FilesRef,
    JobRef,
    KeyRef,
    LakeRef,
    Metric,
    NetworkRef,
    PipelineRef,
    QueueRef,
    RecorderRef,
    RegistryRef,
    RepositoryRef,
    RoleRef,
    RunEvents,
    ScalingRef,
    SigningRef,
    SparkRef,
    TopicRef,
    TrailRef,
    VectorStoreRef,
    WarehouseRef,
)
from mlops_iac.components._kit.site import Named, Profile, Site
from mlops_iac.components._kit.transforms import Transform, Transforms

__all__ = [
    "ApiRef",
    "ApprovalsRef",
    "BoundaryRef",
    "BucketRef",
    "CardsRef",
    "Component",
    "Document",
    "DomainRef",
    "EndpointRef",
    "FilesRef",
    "Grant",
    "JobRef",
    "KeyRef",
    "LakeRef",
    "Metric",
    "Named",
    "NetworkRef",
    "PipelineRef",
    "Profile",
    "QueueRef",
    "Reach",
    "RecorderRef",
    "RegistryRef",
    "RepositoryRef",
    "RoleRef",
    "RunEvents",
    "ScalingRef",
    "SigningRef",
    "Site",
    "SparkRef",
    "TopicRef",
    "TrailRef",
    "Transform",
    "Transforms",
    "VectorStoreRef",
    "WarehouseRef",
    "policy",
    "render",
]
