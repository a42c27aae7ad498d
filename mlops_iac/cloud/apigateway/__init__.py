"""Amazon API Gateway's REST APIs: records of ours, and an address that really answers.

``apis.py``, ``stages.py``, ``keys.py`` and ``settings.py`` answer the control plane; ``document.py`` reads the OpenAPI
document that says what an API does. ``door.py`` answers an API's callers at ``/_aws/execute-api/<api>/<stage>/<path>``:
who may (``callers.py``), how often (``throttle.py``), what is asked of SageMaker (``integration.py``), and what is
written of it (``access_log.py``).

A deployment is a snapshot, as on AWS: what was changed since is not served before there is another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def install(gateway: Gateway) -> None:
    from mlops_iac.cloud.apigateway import apis, door, keys, others, plans, settings, stages
    from mlops_iac.cloud.apigateway.records import Records

    records = Records(gateway)
    for part in (apis, stages, keys, plans, settings):
        part.install(gateway, records)
    others.install(gateway)
    door.install(gateway, records)
