"""Budgets: updates, subscribers and tags, which moto lacks. No notification is ever sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    for operation, fn in (
        ("UpdateBudget", _update_budget),
        ("UpdateNotification", _update_notification),
        ("DescribeSubscribersForNotification", _describe_subscribers),
        ("CreateSubscriber", _create_subscriber),
        ("UpdateSubscriber", _update_subscriber),
        ("DeleteSubscriber", _delete_subscriber),
        ("TagResource", _tag),
        ("UntagResource", _untag),
        ("ListTagsForResource", _list_tags),
    ):
        gateway.instead("budgets", operation, gateway.holding("budgets", _answering(fn)))
    gateway.after("budgets", "CreateBudget", gateway.holding("budgets", _tag_new))


def _answering(fn: Callable[[Call], dict[str, Any] | None]) -> Callable[[Call], dict[str, Any]]:
    """Most of them have nothing to answer."""
    return lambda call: fn(call) or {}


def budgets_of(account_id: str) -> dict[str, Any]:
    """moto's own budgets of an account, by their names."""
    from moto.budgets.models import budgets_backends

    found: dict[str, Any] = budgets_backends[account_id]["aws"].budgets[account_id]
    return found


def find_budget(account_id: str, name: str) -> Any:
    return budgets_of(account_id).get(name)


def get_budget(call: Call, name: str) -> Any:
    budget = find_budget(call.params.get("AccountId") or call.account_id, name)
    if budget is None:
        raise AwsError("NotFoundException", f"Unable to find budget: {name} - the budget doesn't exist.")
    return budget


def _get_notification(call: Call, key: str = "Notification") -> Any:
    wanted = call.params[key]
    for notification in get_budget(call, call.params["BudgetName"]).notifications:
        if all(
            notification.details.get(name) == value for name, value in wanted.items() if name != "NotificationState"
        ):
            return notification
    raise AwsError("NotFoundException", "Unable to find the notification of this budget.")


def _update_budget(call: Call) -> None:
    from moto.core.utils import unix_time

    new = dict(call.params["NewBudget"])
    budget = get_budget(call, new["BudgetName"])
    if "BudgetLimit" not in new and "PlannedBudgetLimits" not in new:
        raise AwsError("InvalidParameterException", "Unable to update the budget - it has no limit.")
    period = new.get("TimePeriod") or budget.budget["TimePeriod"]
    new["TimePeriod"] = {name: _epoch(time) for name, time in period.items()}
    new.pop("CalculatedSpend", None)  # what DescribeBudget answered may be sent back; the spend is the service's own
    spend = budget.budget.get("CalculatedSpend")
    budget.budget = {**new, "LastUpdatedTime": unix_time(), **({"CalculatedSpend": spend} if spend else {})}


def _epoch(time: Any) -> Any:
    """Seconds since 1970, which is how moto keeps times that it answers."""
    return time.timestamp() if hasattr(time, "timestamp") else time


def _update_notification(call: Call) -> None:
    _get_notification(call, "OldNotification").details = dict(call.params["NewNotification"])


def _describe_subscribers(call: Call) -> dict[str, Any]:
    return {"Subscribers": list(_get_notification(call).subscribers)}


def _create_subscriber(call: Call) -> None:
    notification = _get_notification(call)
    if call.params["Subscriber"] in notification.subscribers:
        raise AwsError("DuplicateRecordException", "The subscriber exists already.")
    notification.subscribers.append(call.params["Subscriber"])


def _update_subscriber(call: Call) -> None:
    subscribers = _get_notification(call).subscribers
    subscribers[_index(subscribers, call.params["OldSubscriber"])] = call.params["NewSubscriber"]


def _delete_subscriber(call: Call) -> None:
    subscribers = _get_notification(call).subscribers
    del subscribers[_index(subscribers, call.params["Subscriber"])]


def _tag_new(call: Call) -> None:
    _add_tags(get_budget(call, call.params["Budget"]["BudgetName"]), call.params.get("ResourceTags") or ())


def _tag(call: Call) -> None:
    _add_tags(_get_tagged(call), call.params["ResourceTags"])


def _untag(call: Call) -> None:
    tags = _tags_of(_get_tagged(call))
    for key in call.params["ResourceTagKeys"]:
        tags.pop(key, None)


def _list_tags(call: Call) -> dict[str, Any]:
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in _tags_of(_get_tagged(call)).items()]}


def _get_tagged(call: Call) -> Any:
    """The budget that an ARN names: ``arn:PARTITION:budgets::ACCOUNT:budget/NAME``; an action's tags are not kept."""
    return get_budget(call, call.params["ResourceARN"].partition(":budget/")[2].partition("/action/")[0])


def _tags_of(budget: Any) -> dict[str, str]:
    tags: dict[str, str] = vars(budget).setdefault("tags", {})
    return tags


def _add_tags(budget: Any, tags: Iterable[dict[str, str]]) -> None:
    _tags_of(budget).update({tag["Key"]: tag["Value"] for tag in tags})


def _index(subscribers: list[Any], wanted: Any) -> int:
    if wanted not in subscribers:
        raise AwsError("NotFoundException", "Unable to find the subscriber of this notification.")
    return subscribers.index(wanted)
