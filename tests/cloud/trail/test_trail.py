"""CloudTrail on the embedded cloud: who asked for what, in the history and in log files of a trail."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mlops_iac.cloud import trail
from mlops_iac.cloud.trail.selectors import wants
from tests.e2e.bad_input.project import wait_until
from tests.support.roles import document

ADMINISTRATOR = "arn:aws:iam::123456789012:user/administrator"
LOGS = "AWSLogs/123456789012/CloudTrail"
BUCKET, LAKE = "audited-trail", "audited-lake"


@pytest.fixture(scope="module")
def installs():
    return (trail.install,)


@pytest.fixture(scope="module")
def clients(cloud):
    return cloud.clients()


@pytest.fixture(scope="module")
def server(cloud):
    return cloud.server


def looked_up(clients, name):
    found = clients("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
    )
    return [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]


def test_the_history_tells_who_did_what(clients):
    clients("sqs").create_queue(QueueName="asked")
    event = looked_up(clients, "CreateQueue")[0]
    assert event["userIdentity"]["arn"] == ADMINISTRATOR
    assert (event["eventSource"], event["readOnly"], event["managementEvent"]) == ("sqs.amazonaws.com", False, True)
    assert event["requestParameters"]["queueName"] == "asked"
    assert datetime.now(UTC) - datetime.fromisoformat(event["eventTime"]) < timedelta(minutes=1)


def test_what_was_refused_is_told_with_its_error(clients):
    with pytest.raises(ClientError):
        clients("sns").delete_topic(TopicArn="no topic")
    event = looked_up(clients, "DeleteTopic")[0]
    assert event["errorCode"]


def test_what_only_reads_and_what_is_about_data_is_not_in_the_history(clients):
    clients("s3").create_bucket(Bucket="history-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    clients("s3").put_object(Bucket="history-bucket", Key="a", Body=b"a")
    clients("s3").list_buckets()
    assert looked_up(clients, "CreateBucket")
    assert not looked_up(clients, "PutObject")
    assert not looked_up(clients, "ListBuckets")


def test_nothing_secret_is_written_down(clients, server):
    clients("secretsmanager").create_secret(Name="password", SecretString="swordfish")
    event = looked_up(clients, "CreateSecret")[0]
    assert event["requestParameters"]["secretString"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    text = json.dumps(event)
    assert "swordfish" not in text
    assert server.gateway.token.owner.access_key not in text


def test_the_newest_come_first_page_by_page(clients):
    for number in range(3):
        clients("sqs").create_queue(QueueName=f"paged-{number}")
    asked = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}], "MaxResults": 2}
    first = clients("cloudtrail").lookup_events(**asked)
    second = clients("cloudtrail").lookup_events(**asked, NextToken=first["NextToken"])
    names = [json.loads(one["CloudTrailEvent"])["requestParameters"]["queueName"] for one in first["Events"]]
    names += [json.loads(one["CloudTrailEvent"])["requestParameters"]["queueName"] for one in second["Events"]]
    assert names[:3] == ["paged-2", "paged-1", "paged-0"]


def test_an_attribute_that_nothing_is_looked_up_by_is_refused(clients):
    asked = [{"AttributeKey": "AccessKeyId", "AttributeValue": "x"}]
    with pytest.raises(ClientError, match="InvalidLookupAttributes"):
        clients("cloudtrail").lookup_events(LookupAttributes=asked)


def make_trail(clients, *, allowed=True):
    region = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    s3 = clients("s3")
    for name in (BUCKET, LAKE):
        s3.create_bucket(Bucket=name, **region)
    if allowed:
        service = {"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Effect": "Allow"}
        look = {**service, "Sid": "Look", "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{BUCKET}"}
        write = {**service, "Sid": "Write", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/*"}
        s3.put_bucket_policy(Bucket=BUCKET, Policy=document(look, write))
    cloudtrail = clients("cloudtrail")
    cloudtrail.create_trail(Name="audited", S3BucketName=BUCKET, EnableLogFileValidation=True)
    cloudtrail.put_event_selectors(
        TrailName="audited",
        AdvancedEventSelectors=[
            {
                "Name": "the lake",
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Data"]},
                    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                    {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{LAKE}/"]},
                ],
            }
        ],
    )
    cloudtrail.start_logging(Name="audited")


def test_a_trail_whose_bucket_does_not_let_it_write_is_refused(clients):
    with pytest.raises(ClientError, match="InsufficientS3BucketPolicy"):
        make_trail(clients, allowed=False)
    for name in (BUCKET, LAKE):
        clients("s3").delete_bucket(Bucket=name)


def test_a_trail_writes_the_data_events_that_it_selects_as_gzipped_json(clients, server):
    make_trail(clients)
    s3 = clients("s3")
    s3.put_object(Bucket=LAKE, Key="raw/a.csv", Body=b"1,2")
    s3.get_object(Bucket=LAKE, Key="raw/a.csv")["Body"].read()
    s3.put_object(Bucket="history-bucket", Key="elsewhere", Body=b"3")
    server.gateway.tell("stop")  # writes what waits
    (key,) = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{LOGS}/")["Contents"]]
    today = f"{datetime.now(UTC):%Y/%m/%d}"
    assert key.startswith(f"AWSLogs/123456789012/CloudTrail/eu-west-1/{today}/123456789012_CloudTrail_eu-west-1_")
    records = json.loads(gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()))["Records"]
    assert [one["eventName"] for one in records] == ["PutObject", "GetObject"]
    assert records[0]["resources"][0] == {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{LAKE}/raw/a.csv"}
    assert records[0]["requestParameters"]["key"] == "raw/a.csv"
    assert {one["userIdentity"]["arn"] for one in records} == {ADMINISTRATOR}


def test_digests_chain_what_was_written_and_whoever_changes_it_is_found_out(clients, server):
    s3 = clients("s3")
    s3.put_object(Bucket=LAKE, Key="raw/b.csv", Body=b"3,4")

    def digests():
        server.gateway.tell("stop")
        return s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{LOGS}-Digest/")["KeyCount"]

    wait_until(lambda: digests() > 1)  # one has the second in which it ends in its name
    assert faults(clients) == []
    status = clients("cloudtrail").get_trail_status(Name="audited")
    assert status["LatestDigestDeliveryTime"] >= status["StartLoggingTime"].replace(microsecond=0)
    kept = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{LOGS}/")["Contents"][0]["Key"]
    s3.put_object(Bucket=BUCKET, Key=kept, Body=gzip.compress(b"{}"))
    assert faults(clients) == [kept]


def faults(clients):
    """What `aws cloudtrail validate-logs` would say, by AWS's own description of it: newest digest first."""
    s3, found, expected = clients("s3"), [], None
    (public,) = clients("cloudtrail").list_public_keys()["PublicKeyList"]
    key = load_der_public_key(public["Value"])
    names = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{LOGS}-Digest/")["Contents"]]
    for name in sorted(names, reverse=True):
        answer = s3.get_object(Bucket=BUCKET, Key=name)
        content = gzip.decompress(answer["Body"].read())
        digest = json.loads(content)
        assert expected in (None, name)
        assert (digest["digestS3Object"], digest["digestPublicKeyFingerprint"]) == (name, public["Fingerprint"])
        previous = digest["previousDigestSignature"] or "null"
        signed = (digest["digestEndTime"], f"{BUCKET}/{name}", sha256(content).hexdigest(), previous)
        signature = bytes.fromhex(answer["Metadata"]["signature"])
        key.verify(signature, "\n".join(signed).encode(), padding.PKCS1v15(), hashes.SHA256())
        for log in digest["logFiles"]:
            body = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=log["s3Object"])["Body"].read())
            found += [] if sha256(body).hexdigest() == log["hashValue"] else [log["s3Object"]]
        expected = digest["previousDigestS3Object"]
    assert expected is None
    return found


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ({"Field": "userIdentity.arn", "Equals": ["a"]}, "select by userIdentity.arn"),
        ({"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]}, "known: AWS::S3::Object"),
        ({"Field": "eventCategory", "Equals": ["NetworkActivity"]}, "known: Management, Data"),
    ],
    ids=["field", "type", "category"],
)
def test_a_selector_that_nothing_here_would_match_is_refused(clients, selector, words):
    with pytest.raises(ClientError, match=words):
        clients("cloudtrail").put_event_selectors(
            TrailName="audited", AdvancedEventSelectors=[{"FieldSelectors": [selector]}]
        )


def test_a_trail_is_made_once_and_is_gone_when_it_is_deleted(clients):
    cloudtrail = clients("cloudtrail")
    with pytest.raises(ClientError, match="TrailAlreadyExists"):
        cloudtrail.create_trail(Name="audited", S3BucketName=BUCKET)
    arn = cloudtrail.get_trail(Name="audited")["Trail"]["TrailARN"]
    cloudtrail.delete_trail(Name=arn)
    with pytest.raises(ClientError, match="TrailNotFound"):
        cloudtrail.delete_trail(Name="audited")


class Chosen:
    advanced_event_selectors = ()
    event_selectors = ()


def test_a_trail_without_selectors_wants_management_events():
    assert wants(Chosen(), {"eventCategory": "Management", "readOnly": "true"})
    assert not wants(Chosen(), {"eventCategory": "Data", "readOnly": "true"})


def test_basic_selectors_choose_by_reading_and_by_what_an_arn_begins_with():
    chosen = Chosen()
    chosen.event_selectors = (
        {
            "ReadWriteType": "WriteOnly",
            "IncludeManagementEvents": False,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::lake/raw/"]}],
        },
    )
    data = {"eventCategory": "Data", "resources.type": "AWS::S3::Object", "resources.ARN": "arn:aws:s3:::lake/raw/a"}
    assert wants(chosen, {**data, "readOnly": "false"})
    assert not wants(chosen, {**data, "readOnly": "true"})
    assert not wants(chosen, {**data, "readOnly": "false", "resources.ARN": "arn:aws:s3:::lake/code/a"})
    assert not wants(chosen, {"eventCategory": "Management", "readOnly": "false"})
