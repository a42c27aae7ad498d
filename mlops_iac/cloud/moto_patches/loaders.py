"""The descriptions of AWS's services, which moto and boto3 work from, are read once in the embedded cloud's process.

moto makes a loader for each service, and a boto3 session with one of its own wherever it asks for the names of regions.
Each loader lists botocore's four hundred folders anew, and keeps descriptions of its own: EC2's, the largest, was there
four times. And for every request moto lists its own folders, to know which services it has: a third of what a small
request cost.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mlops_iac.core.service_models import loader, make_loader

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    from botocore import session
    from moto import backends
    from moto.core import utils

    original = getattr(session.create_loader, "original", session.create_loader)

    def shared(search_path_string: str | None = None) -> Any:
        """Whoever has descriptions in a folder of his own (``AWS_DATA_PATH``) gets a loader that looks there."""
        return original(search_path_string) if search_path_string else loader()

    shared.original = original  # type: ignore[attr-defined]
    session.create_loader = shared
    services = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: services
    utils.create_loader = _motos_loader


@cache
def _motos_loader() -> Any:
    """Of moto's own class, which adds to the descriptions what moto needs."""
    from moto.core.loaders import Loader, moto_root

    return make_loader(Loader, extra_search_paths=[moto_root])
