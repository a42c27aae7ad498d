"""SageMaker Studio: domains, the profiles of their people, spaces, and git repositories, which moto has in part.

``things.py`` is what they have in common: how one comes to be and goes. They are records: an app, and an address that
leads to one, would be a machine's, and are refused (``apps.py``); `mlops-iac notebook` starts JupyterLab here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def install(gateway: Gateway) -> None:
    from mlops_iac.cloud.studio.apps import Apps
    from mlops_iac.cloud.studio.domains import Domains
    from mlops_iac.cloud.studio.profiles import Profiles
    from mlops_iac.cloud.studio.repositories import Repositories
    from mlops_iac.cloud.studio.spaces import Spaces

    for kind in (Domains, Profiles, Spaces, Apps, Repositories):
        kind(gateway).install()
