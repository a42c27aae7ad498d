"""Two functions, one after the other in a state machine."""

import json

import pulumi
from pulumi_aws import iam, lambda_, sfn

LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]


def role(name: str, service: str) -> iam.Role:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return iam.Role(name, assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def allow(name: str, to: iam.Role, actions: list[str], resource: str = "*") -> iam.RolePolicy:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return iam.RolePolicy(name, role=to.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


functions, machines = role("functions", "lambda.amazonaws.com"), role("machines", "states.amazonaws.com")
logs = allow("logs", functions, LOGS, "arn:aws:logs:*:*:*")
calls = allow("calls", machines, ["lambda:InvokeFunction"])

compose = lambda_.Function(
    "compose",
    role=functions.arn,
    runtime="python3.12",
    handler="compose.handler",
    code=pulumi.AssetArchive({".": pulumi.FileArchive("./compose")}),
    opts=pulumi.ResourceOptions(depends_on=[logs]),
)
shout = lambda_.Function(
    "shout",
    role=functions.arn,
    runtime="python3.12",
    handler="shout.handler",
    code=pulumi.AssetArchive(
        {"shout.py": pulumi.StringAsset("def handler(event, context):\n    return event.upper() + '!'\n")}
    ),
    opts=pulumi.ResourceOptions(depends_on=[logs]),
)


def steps(arns: list[str]) -> str:
    first = {"Type": "Task", "Resource": arns[0], "Next": "Shout"}
    return json.dumps(
        {
            "StartAt": "Compose",
            "States": {"Compose": first, "Shout": {"Type": "Task", "Resource": arns[1], "End": True}},
        }
    )


machine = sfn.StateMachine(
    "greeter",
    role_arn=machines.arn,
    definition=pulumi.Output.all(compose.arn, shout.arn).apply(steps),
    opts=pulumi.ResourceOptions(depends_on=[calls]),
)
pulumi.export("machine", machine.arn)
