"""Requests of roles on the embedded cloud: allowed, refused in AWS's words, never let through unknown."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from mlops_iac.clients import Clients, Credentials
from tests.support.roles import allow, deny, document

LOCATION = {"LocationConstraint": "eu-west-1"}
LAKE = "arn:aws:s3:::the-lake"
ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def bucket(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="the-lake", CreateBucketConfiguration=LOCATION)
    s3.put_object(Bucket="the-lake", Key="raw/a.csv", Body=b"1,2")
    s3.put_object(Bucket="the-lake", Key="secret/b.csv", Body=b"3,4")
    return "the-lake"


@pytest.fixture(scope="module")
def sealed(cloud):
    """A bucket whose default is a key of the account's own; answers its name and the key's ARN."""
    clients = cloud.clients()
    key = clients("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = clients("s3")
    s3.create_bucket(Bucket="sealed", CreateBucketConfiguration=LOCATION)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="sealed", Key="a", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    return "sealed", key


def refusal(call) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_a_role_reads_what_its_policy_allows_and_nothing_else(bucket, make_role, act_as):
    role = make_role("reader", allow("s3:GetObject", on=f"{LAKE}/raw/*"))
    s3 = act_as(role)("s3")
    assert s3.get_object(Bucket=bucket, Key="raw/a.csv")["Body"].read() == b"1,2"
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="secret/b.csv")) == (
        403,
        "AccessDenied",
        "User: arn:aws:sts::123456789012:assumed-role/reader/SageMaker is not authorized to perform: s3:GetObject on "
        "resource: arn:aws:s3:::the-lake/secret/b.csv because no identity-based policy allows the s3:GetObject action",
    )


def test_the_person_may_do_everything(bucket, cloud):
    assert cloud.clients()("s3").get_object(Bucket=bucket, Key="secret/b.csv")["Body"].read() == b"3,4"


def test_what_was_granted_later_counts_at_once_and_what_was_taken_away_too(bucket, cloud, make_role, act_as):
    role, iam = make_role("changing"), cloud.clients()("iam")
    s3 = act_as(role)("s3")
    get = lambda: s3.get_object(Bucket=bucket, Key="raw/a.csv")  # noqa: E731
    refusal(get)
    text = document(allow("s3:GetObject", on=f"{LAKE}/*"))
    arn = iam.create_policy(PolicyName="late", PolicyDocument=text)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="changing", PolicyArn=arn)
    get()
    newer = document(allow("s3:ListBucket", on=LAKE))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=newer, SetAsDefault=True)
    refusal(get)


@pytest.mark.parametrize(
    ("service", "call", "status", "code", "action"),
    [
        ("sagemaker", lambda c: c.list_models(), 400, "AccessDeniedException", "sagemaker:ListModels"),
        ("ec2", lambda c: c.describe_vpcs(), 403, "UnauthorizedOperation", "ec2:DescribeVpcs"),
        ("iam", lambda c: c.list_roles(), 403, "AccessDenied", "iam:ListRoles"),
        ("sns", lambda c: c.list_topics(), 403, "AuthorizationError", "sns:ListTopics"),
        ("batch", lambda c: c.describe_jobs(jobs=["j"]), 403, "AccessDeniedException", "batch:DescribeJobs"),
        ("s3", lambda c: c.list_buckets(), 403, "AccessDenied", "s3:ListAllMyBuckets"),
        ("stepfunctions", lambda c: c.list_state_machines(), 400, "AccessDeniedException", "states:ListStateMachines"),
    ],
)
def test_each_protocol_refuses_in_its_own_form(make_role, act_as, service, call, status, code, action):
    role = make_role(f"nothing-{service}")
    found = refusal(lambda: call(act_as(role)(service)))
    assert found[:2] == (status, code)
    assert f"assumed-role/nothing-{service}/SageMaker is not authorized to perform: {action} on resource: *" in found[2]


def test_a_boundary_refuses_in_its_own_words(bucket, cloud, make_role, act_as):
    text = document(allow("s3:ListBucket"))
    arn = cloud.clients()("iam").create_policy(PolicyName="ceiling", PolicyDocument=text)["Policy"]["Arn"]
    role = make_role("bounded", allow("s3:*"), PermissionsBoundary=arn)
    said = refusal(lambda: act_as(role)("s3").get_object(Bucket=bucket, Key="raw/a.csv"))[2]
    assert said.endswith("because no permissions boundary allows the s3:GetObject action")


def test_an_operation_that_nobody_knows_is_never_let_through(make_role, act_as):
    role = make_role("everything", allow("*"))
    said = refusal(lambda: act_as(role)("sagemaker").put_endpoint_policy(EndpointName="e", ResourcePolicy="{}"))
    assert said[:2] == (400, "AccessDeniedException")
    assert "the embedded cloud does not know which permissions it needs" in said[2]


# Keys ---------------------------------------------------------------------------------------------------------------


def test_an_encrypted_object_needs_its_key_through_s3(sealed, make_role, act_as):
    bucket, key = sealed
    objects = allow("s3:GetObject", "s3:PutObject", on="arn:aws:s3:::sealed/*")
    through = {"Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
    with_key = act_as(make_role("with-key", objects, allow("kms:Decrypt", "kms:GenerateDataKey", on=key, **through)))
    with_key("s3").get_object(Bucket=bucket, Key="a")
    with_key("s3").put_object(Bucket=bucket, Key="b", Body=b"2")
    assert "kms:Decrypt" in refusal(lambda: with_key("kms").decrypt(KeyId=key, CiphertextBlob=b"x" * 60))[2]
    without = act_as(make_role("without-key", objects))("s3")
    said = refusal(lambda: without.get_object(Bucket=bucket, Key="a"))[2]
    assert f"not authorized to perform: kms:Decrypt on resource: {key}" in said
    assert "kms:GenerateDataKey" in refusal(lambda: without.put_object(Bucket=bucket, Key="c", Body=b"3"))[2]


SECRET = {"Name": "/risk/password", "Value": "x", "Type": "SecureString"}


@pytest.fixture(scope="module")
def locked(cloud):
    """A key of the account's own, and a queue, a topic, a parameter and a secret under it; answers their names."""
    clients = cloud.clients()
    key = clients("kms").create_key()["KeyMetadata"]["Arn"]
    queue = clients("sqs").create_queue(QueueName="sealed", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    clients("sqs").send_message(QueueUrl=queue, MessageBody="m")
    topic = clients("sns").create_topic(Name="sealed", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    clients("ssm").put_parameter(**SECRET, KeyId=key)
    clients("ssm").put_parameter(Name="/risk/plain", Value="x", Type="String")
    clients("ssm").put_parameter(Name="/account/own", Value="x", Type="SecureString")
    secret = clients("secretsmanager").create_secret(Name="sealed", SecretString="x", KmsKeyId=key)["ARN"]
    return {"key": key, "queue": queue, "topic": topic, "secret": secret}


SSM, SQS = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter", f"arn:aws:sqs:eu-west-1:{ACCOUNT}"
THROUGH_A_KEY = {
    # service, call, what it needs of the key, the encryption context
    "send": ("sqs", lambda c, n: c.send_message(QueueUrl=n["queue"], MessageBody="m"),
             ("GenerateDataKey", "Decrypt"), {"aws:sqs:arn": f"{SQS}:sealed"}),
    "receive": ("sqs", lambda c, n: c.receive_message(QueueUrl=n["queue"]), ("Decrypt",),
                {"aws:sqs:arn": f"{SQS}:sealed"}),
    "publish": ("sns", lambda c, n: c.publish(TopicArn=n["topic"], Message="m"), ("GenerateDataKey", "Decrypt"),
                {"aws:sns:topicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:sealed"}),
    "put parameter": ("ssm", lambda c, n: c.put_parameter(**SECRET, KeyId=n["key"], Overwrite=True), ("Encrypt",),
                      {"PARAMETER_ARN": f"{SSM}/risk/password"}),
    "put advanced": ("ssm", lambda c, n: c.put_parameter(**SECRET, KeyId=n["key"], Overwrite=True, Tier="Advanced"),
                     ("GenerateDataKey",), {"PARAMETER_ARN": f"{SSM}/risk/password"}),
    "get parameter": ("ssm", lambda c, n: c.get_parameter(Name="/risk/password", WithDecryption=True), ("Decrypt",),
                      {"PARAMETER_ARN": f"{SSM}/risk/password"}),
    "get a version": ("ssm", lambda c, n: c.get_parameter(Name="/risk/password:1", WithDecryption=True), ("Decrypt",),
                      {"PARAMETER_ARN": f"{SSM}/risk/password"}),
    "get several": ("ssm", lambda c, n: c.get_parameters(Names=["/risk/plain", "/risk/password"], WithDecryption=True),
                    ("Decrypt",), {"PARAMETER_ARN": f"{SSM}/risk/password"}),
    "get by path": ("ssm", lambda c, n: c.get_parameters_by_path(Path="/risk", WithDecryption=True), ("Decrypt",),
                    {"PARAMETER_ARN": f"{SSM}/risk/password"}),
    "get deeper": ("ssm", lambda c, n: c.get_parameters_by_path(Path="/", Recursive=True, WithDecryption=True),
                   ("Decrypt",), {"PARAMETER_ARN": f"{SSM}/risk/password"}),
    "get secret": ("secretsmanager", lambda c, n: c.get_secret_value(SecretId="sealed"), ("Decrypt",), {}),
    "put secret": ("secretsmanager", lambda c, n: c.put_secret_value(SecretId="sealed", SecretString="y"),
                   ("GenerateDataKey", "Decrypt"), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", THROUGH_A_KEY)
def test_what_lies_under_a_key_needs_the_key_through_its_service(case, locked, make_role, act_as):
    service, call, uses, context = THROUGH_A_KEY[case]
    name, anything = case.replace(" ", "-"), allow("sqs:*", "sns:*", "ssm:*", "secretsmanager:*")
    through = {"kms:ViaService": f"{service}.eu-west-1.amazonaws.com"}
    through |= {f"kms:EncryptionContext:{key}": value for key, value in context.items()}
    actions = [f"kms:{use}" for use in uses]
    right = allow(*actions, on=locked["key"], Condition={"StringEquals": through})
    call(act_as(make_role(f"{name}-right", anything, right))(service), locked)
    for lacking in actions:
        others = [action for action in actions if action != lacking] or ["kms:DescribeKey"]
        lame = act_as(make_role(f"{name}-{lacking[4:]}", anything, allow(*others, on=locked["key"])))
        assert (
            f"not authorized to perform: {lacking} on resource: {locked['key']}"
            in refusal(lambda lame=lame: call(lame(service), locked))[2]
        )
    other_service = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    elsewhere = allow(*actions, on=locked["key"], Condition=other_service)
    wrong = act_as(make_role(f"{name}-elsewhere", anything, elsewhere))
    assert "kms:" in refusal(lambda: call(wrong(service), locked))[2]


def test_what_lies_under_a_key_of_aws_or_stays_encrypted_needs_no_right_to_a_key(locked, make_role, act_as):
    ssm = act_as(make_role("no-keys", allow("ssm:*")))("ssm")
    ssm.get_parameter(Name="/account/own", WithDecryption=True)
    ssm.put_parameter(Name="/account/own", Value="y", Type="SecureString", Overwrite=True)
    ssm.get_parameter(Name="/risk/password")
    ssm.get_parameters_by_path(Path="/", WithDecryption=True)  # not deeper: the sealed one is not there


def test_a_disk_s_key_is_lent_to_sagemaker_by_whoever_makes_the_job(locked, make_role, act_as):
    passed = make_role("runs")
    job = {
        "TrainingJobName": "disk",
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "RoleArn": passed,
        "OutputDataConfig": {"S3OutputPath": "s3://the-lake/models"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1, "VolumeKmsKeyId": locked["key"],
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }  # fmt: skip
    base = [allow("sagemaker:CreateTrainingJob"), allow("iam:PassRole", on=passed)]
    look = allow("kms:DescribeKey", on=locked["key"])
    to_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    for name, lacking, rights in (
        ("no-key", "kms:CreateGrant", []),
        ("no-look", "kms:DescribeKey", [allow("kms:CreateGrant", on=locked["key"], Condition=to_aws)]),
    ):
        sagemaker = act_as(make_role(f"disk-{name}", *base, *rights))("sagemaker")
        said = refusal(lambda sagemaker=sagemaker: sagemaker.create_training_job(**job))[2]
        assert f"perform: {lacking} on resource: {locked['key']}" in said
    lends = allow("kms:CreateGrant", on=locked["key"], Condition=to_aws)
    both = act_as(make_role("disk-both", *base, look, lends))("sagemaker")
    # Nothing runs jobs on this cloud: that it says so means that nothing was refused.
    assert refusal(lambda: both.create_training_job(**job))[1] == "NotImplemented"


@pytest.mark.parametrize(("bucket_key", "context"), [(True, "arn:aws:s3:::keyed-1"), (False, "arn:aws:s3:::keyed-0/a")])
def test_an_object_s_encryption_context_is_the_bucket_where_that_has_a_key_of_its_own(
    locked, cloud, make_role, act_as, bucket_key, context
):
    name = f"keyed-{int(bucket_key)}"
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": locked["key"]}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    for what, answer in ((context, True), ("arn:aws:s3:::other", False)):
        within = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": what}}
        key = allow("kms:GenerateDataKey", on=locked["key"], Condition=within)
        put = act_as(make_role(f"{name}-{answer}", allow("s3:PutObject"), key))("s3").put_object
        if answer:
            put(Bucket=name, Key="a", Body=b"1")
        else:
            assert "kms:GenerateDataKey" in refusal(lambda put=put: put(Bucket=name, Key="a", Body=b"1"))[2]


def test_a_keys_own_policy_decides_and_a_grant_stands_beside_it(cloud, make_role, act_as):
    kms = cloud.clients()("kms")
    role = make_role("key-user", allow("kms:Encrypt"))
    key = kms.create_key()["KeyMetadata"]
    encrypt = lambda: act_as(role)("kms").encrypt(KeyId=key["KeyId"], Plaintext=b"x")  # noqa: E731
    encrypt()
    only_admins = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/administrator"}}
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=document(only_admins))
    assert refusal(encrypt)[2].endswith("because no resource-based policy allows the kms:Encrypt action")
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=role, Operations=["Encrypt"])
    encrypt()


# Roles that are handed on -------------------------------------------------------------------------------------------


def test_handing_a_role_to_a_service_needs_the_right_to_pass_it_there(make_role, act_as):
    passed = make_role("passed")
    create = allow("sagemaker:CreateModel")
    only = {"StringEquals": {"iam:PassedToService": "batch.amazonaws.com"}}
    to_batch = allow("iam:PassRole", on=passed, Condition=only)
    model = {"ModelName": "m", "ExecutionRoleArn": passed, "PrimaryContainer": {"Image": "i"}}
    wrong = act_as(make_role("passes-elsewhere", create, to_batch))("sagemaker")
    assert f"iam:PassRole on resource: {passed}" in refusal(lambda: wrong.create_model(**model))[2]
    act_as(make_role("passes", create, allow("iam:PassRole", on=passed)))("sagemaker").create_model(**model)


def test_a_service_assumes_only_roles_that_trust_it(make_role, act_as):
    from mlops_iac.cloud.iam.assuming import CannotAssume

    role = make_role("of-lambda", services=("lambda",))
    with pytest.raises(CannotAssume, match=r"does not let sagemaker.amazonaws.com assume it"):
        act_as(role)
    with pytest.raises(CannotAssume, match="There is no role"):
        act_as(f"arn:aws:iam::{ACCOUNT}:role/nobody")


# Sessions -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_hand(cloud):
    """A role that people of the account may assume, and what assumes it."""
    iam, sts = cloud.clients()("iam"), cloud.clients()("sts")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    arn = iam.create_role(RoleName="by-hand", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="by-hand", PolicyName="p", PolicyDocument=document(allow("s3:*")))

    def assume(**more):
        return sts.assume_role(RoleArn=arn, RoleSessionName="ana", **more)["Credentials"]

    return assume


def clients_with(cloud, found) -> Clients:
    given = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    return Clients.embedded(cloud.endpoint, "eu-west-1", credentials=given)


def test_who_assumes_a_role_is_that_role(bucket, cloud, by_hand):
    clients = clients_with(cloud, by_hand())
    assert clients("sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/by-hand/ana"
    clients("s3").get_object(Bucket=bucket, Key="raw/a.csv")
    assert "iam:ListRoles" in refusal(lambda: clients("iam").list_roles())[2]


def test_a_session_policy_narrows_the_session(bucket, cloud, by_hand):
    clients = clients_with(cloud, by_hand(Policy=document(allow("s3:GetObject", on=f"{LAKE}/raw/*"))))
    clients("s3").get_object(Bucket=bucket, Key="raw/a.csv")
    said = refusal(lambda: clients("s3").get_object(Bucket=bucket, Key="secret/b.csv"))[2]
    assert said.endswith("because no session policy allows the s3:GetObject action")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"SessionToken": "made-up.0000"}, "InvalidClientTokenId"),
        ({"SessionToken": ""}, "InvalidClientTokenId"),
    ],
)
def test_a_session_that_was_made_up_is_refused(bucket, cloud, by_hand, change, code):
    clients = clients_with(cloud, by_hand() | change)
    assert refusal(lambda: clients("s3").get_object(Bucket=bucket, Key="raw/a.csv"))[:2] == (403, code)


def test_a_session_ends(bucket, cloud, make_role):
    role = make_role("short", allow("s3:*"))
    found, _ = cloud.gateway.iam.sessions.issue(role, "s", -1)
    clients = Clients.embedded(cloud.endpoint, "eu-west-1", credentials=found)
    assert refusal(lambda: clients("s3").get_object(Bucket=bucket, Key="raw/a.csv"))[1] == "ExpiredToken"


def test_a_role_that_trusts_services_only_is_not_assumed_by_people(cloud, make_role):
    role = make_role("of-jobs")
    said = refusal(lambda: cloud.clients()("sts").assume_role(RoleArn=role, RoleSessionName="ana"))
    assert said[:2] == (403, "AccessDenied")
    assert said[2].startswith(f"User: arn:aws:iam::{ACCOUNT}:user/administrator is not authorized to perform: sts:")


def test_a_user_has_the_rights_of_its_groups(bucket, cloud):
    iam = cloud.clients()("iam")
    iam.create_user(UserName="ana")
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="ana")
    iam.put_group_policy(GroupName="readers", PolicyName="p", PolicyDocument=document(allow("s3:GetObject")))
    iam.put_user_policy(
        UserName="ana", PolicyName="p", PolicyDocument=document(deny("s3:GetObject", on=f"{LAKE}/secret/*"))
    )
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    given = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    s3 = Clients.embedded(cloud.endpoint, "eu-west-1", credentials=given)("s3")
    s3.get_object(Bucket=bucket, Key="raw/a.csv")
    said = refusal(lambda: s3.get_object(Bucket=bucket, Key="secret/b.csv"))[2]
    assert said.startswith(f"User: arn:aws:iam::{ACCOUNT}:user/ana is not")
    assert said.endswith("with an explicit deny in an identity-based policy")


# What people see ----------------------------------------------------------------------------------------------------


def test_a_simulation_is_answered_by_the_same_evaluator(cloud, make_role):
    role = make_role("simulated", allow("s3:GetObject", on=f"{LAKE}/raw/*"), deny("s3:Delete*"))
    answer = cloud.clients()("iam").simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=["s3:GetObject", "s3:DeleteObject"],
        ResourceArns=[f"{LAKE}/raw/a", f"{LAKE}/x"],
    )
    found = [(r["EvalActionName"], r["EvalResourceName"], r["EvalDecision"]) for r in answer["EvaluationResults"]]
    assert found == [
        ("s3:GetObject", f"{LAKE}/raw/a", "allowed"),
        ("s3:GetObject", f"{LAKE}/x", "implicitDeny"),
        ("s3:DeleteObject", f"{LAKE}/raw/a", "explicitDeny"),
        ("s3:DeleteObject", f"{LAKE}/x", "explicitDeny"),
    ]


def test_a_custom_simulation_takes_its_context(cloud):
    text = document(allow("s3:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "risk"}}))
    entry = {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyValues": ["risk"], "ContextKeyType": "string"}
    simulate = cloud.clients()("iam").simulate_custom_policy
    asked = {"PolicyInputList": [text], "ActionNames": ["s3:GetObject"]}
    (told,) = simulate(**asked, ContextEntries=[entry])["EvaluationResults"]
    (untold,) = simulate(**asked)["EvaluationResults"]
    assert (told["EvalDecision"], untold["EvalDecision"]) == ("allowed", "implicitDeny")
    assert untold["MissingContextValues"] == ["aws:principaltag/team"]


def test_what_was_asked_is_told_with_the_rights_that_nothing_needed(bucket, cloud, make_role, act_as):
    from mlops_iac.cloud.iam.usage import report

    read = {**allow("s3:GetObject", "s3:GetObjectTagging", on=f"{LAKE}/*"), "Sid": "Read"}
    role = make_role("watched", read, {**allow("sns:Publish"), "Sid": "Tell"})
    act_as(role)("s3").get_object(Bucket=bucket, Key="raw/a.csv")
    refusal(lambda: act_as(role)("s3").put_object(Bucket=bucket, Key="raw/a.csv", Body=b""))
    told = json.loads(json.dumps(report(cloud.gateway.iam)))
    assert told["roles"][role] == [
        {
            "policy": "role watched: inline",
            "sid": "Read",
            "needed_by": [f"s3:GetObject on {LAKE}/raw/a.csv"],
            "idle_actions": ["s3:GetObjectTagging"],
        },
        {"policy": "role watched: inline", "sid": "Tell", "needed_by": [], "idle_actions": ["sns:Publish"]},
    ]
    (refused,) = [line for line in told["refused"] if line["principal"] == role]
    assert (refused["action"], refused["kind"]) == ("s3:PutObject", "identity-based policy")


def test_without_iam_every_role_may_do_everything(bucket, cloud, make_role, act_as):
    role = make_role("free")
    cloud.gateway.iam.enforced = False
    try:
        act_as(role)("s3").get_object(Bucket=bucket, Key="raw/a.csv")
        assert cloud.server.status()["iam"]["enforced"] is False
    finally:
        cloud.gateway.iam.enforced = True
