"""What people made in the environment's own Studio domain: apps, spaces, profiles. A domain is deleted empty only.

SageMaker leaves two security groups behind for the file system of a domain, whose rules name each other, and which keep
the network from being deleted: https://docs.aws.amazon.com/sagemaker/latest/dg/gs-studio-delete-domain.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.core.environment import NOTEBOOKS
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.pages import pages

if TYPE_CHECKING:
    from mlops_iac.runs.drain import Drain

OVER: Final = ("Deleted", "Deleting", "Failed")
FILES: Final = ("security-group-for-inbound-nfs-{}", "security-group-for-outbound-nfs-{}")


def own_domain(work: Drain) -> str:
    """The id of the domain that the environment made; empty where it has none, or uses one that was there before."""
    service = work.environment.services.get(NOTEBOOKS)
    if service is None:
        return ""
    found = (one for one in _all(work, "list_domains", "Domains") if one["DomainId"] == service.endpoint)
    return next((one["DomainId"] for one in found if work.has_tag(one["DomainArn"])), "")


def delete_apps(work: Drain) -> int:
    domain = own_domain(work)
    if not domain:
        return 0
    found = [one for one in _apps(work, domain) if one["Status"] not in OVER]
    for one in found:
        owner = {key: one[key] for key in ("UserProfileName", "SpaceName") if one.get(key)}
        _delete(work, "delete_app", DomainId=domain, AppType=one["AppType"], AppName=one["AppName"], **owner)
    work.wait(lambda: all(one["Status"] in ("Deleted", "Failed") for one in _apps(work, domain)), "An app of Studio")
    return len(found)


def delete_all(what: str) -> Callable[[Drain], int]:
    """Deleter of one kind of thing in the domain: ``Space`` or ``UserProfile``."""
    listing = {"Space": "list_spaces", "UserProfile": "list_user_profiles"}[what]
    deleting = {"Space": "delete_space", "UserProfile": "delete_user_profile"}[what]

    def delete(work: Drain) -> int:
        domain = own_domain(work)
        if not domain:
            return 0
        found = _all(work, listing, f"{what}s", DomainIdEquals=domain)
        for one in found:
            if one["Status"] != "Deleting":
                _delete(work, deleting, DomainId=domain, **{f"{what}Name": one[f"{what}Name"]})
        work.wait(lambda: not _all(work, listing, f"{what}s", DomainIdEquals=domain), f"A {what} of Studio")
        return len(found)

    return delete


def delete_file_groups(work: Drain) -> int:
    """Once the domain is gone; in two steps, as a group that another one's rules name is not deleted."""
    service = work.environment.services.get(NOTEBOOKS)
    if service is None or any(one["DomainId"] == service.endpoint for one in _all(work, "list_domains", "Domains")):
        return 0
    ec2, names = work.clients("ec2"), [each.format(service.endpoint) for each in FILES]
    with calling("ec2:DescribeSecurityGroups", names[0]):
        found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": names}])["SecurityGroups"]
    for group in found:
        for way, rules in (("ingress", group["IpPermissions"]), ("egress", group["IpPermissionsEgress"])):
            if rules:
                with calling(f"ec2:RevokeSecurityGroup{way.capitalize()}", group["GroupId"]):
                    getattr(ec2, f"revoke_security_group_{way}")(GroupId=group["GroupId"], IpPermissions=rules)
    for group in found:
        with calling("ec2:DeleteSecurityGroup", group["GroupId"]):
            ec2.delete_security_group(GroupId=group["GroupId"])
    return len(found)


def _apps(work: Drain, domain: str) -> list[dict[str, Any]]:
    return _all(work, "list_apps", "Apps", DomainIdEquals=domain)


def _all(work: Drain, operation: str, items: str, **asked: Any) -> list[dict[str, Any]]:
    with calling(f"sagemaker:{operation}", NOTEBOOKS):
        return list(pages(getattr(work.clients("sagemaker"), operation), items, **asked))


def _delete(work: Drain, operation: str, **asked: Any) -> None:
    """Somebody else may have been faster."""
    from botocore.exceptions import ClientError

    name = str(asked.get("AppName") or asked.get("SpaceName") or asked.get("UserProfileName"))
    with calling(f"sagemaker:{operation}", name):
        try:
            getattr(work.clients("sagemaker"), operation)(**asked)
        except ClientError as error:
            if not is_missing(error):
                raise
