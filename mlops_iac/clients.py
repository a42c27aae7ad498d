"""The only place where boto3 clients are made, so that nothing of ours can reach a cloud by accident.

``Clients.embedded(endpoint, region, credentials=…)`` talks to one loopback endpoint with credentials of that embedded
cloud and reads nothing from the environment. ``Clients.aws(region)`` uses the person's own, as the AWS CLI would.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self, overload
from urllib.parse import urlsplit

from mlops_iac.core.errors import AuthenticationError, CloudError
from mlops_iac.core.service_models import loader

DEFAULT_ACCOUNT: Final = "123456789012"
"""The embedded cloud's account, moto's own default."""


@dataclass(frozen=True)
class Credentials:
    """What requests to an embedded cloud are signed with: its owner's (`cloud.token`), or those of a role's session."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    """Of a session. The owner has none."""

    def variables(self) -> dict[str, str]:
        """As the environment variables in which every AWS client looks for them."""
        found = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return found | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})

    def answered(self, ends: datetime) -> dict[str, Any]:
        """As STS answers them."""
        return {
            "AccessKeyId": self.access_key,
            "SecretAccessKey": self.secret_key,
            "SessionToken": self.token,
            "Expiration": ends,
        }


MISLEADING: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
"""Beside an embedded cloud's keys these variables would make a client look for others, or send a session that does not
go with them."""

CONNECT_TIMEOUT: Final = 5
"""Seconds. Loopback answers at once or not at all."""

READ_TIMEOUT: Final = 90
"""Seconds. InvokeEndpoint is the slowest call: AWS gives a model sixty seconds to answer."""

ATTEMPTS: Final = 2
"""Attempts in all. One retry covers a keep-alive connection that the server closed; 501 is never retried. Who must not
make a thing twice asks for one attempt, and looks before the next."""


AT_A_TIME: Final = 16
"""Calls that are under way at the same time where many are made."""

PATIENCE: Final = 20
"""Attempts at each of many calls on AWS, which slows down who asks by the thousand: of DescribeExecution an account has
some 300 at once and 15 a second (quotas of Step Functions' API). The client learns the pace, and few are refused."""

Answered = Any
"""What a call answered, or the exception that it raised."""


class _Embedded:
    """One word, two uses: a constructor on the class, a question on an instance."""

    @overload
    def __get__(self, instance: None, owner: type[Clients]) -> Callable[..., Clients]: ...
    @overload
    def __get__(self, instance: Clients, owner: type[Clients]) -> bool: ...
    def __get__(self, instance: Clients | None, owner: type[Clients]) -> Callable[..., Clients] | bool:
        return _embedded if instance is None else instance.endpoint is not None


class Clients:
    """boto3 clients of one region, made once per service and then shared. Safe to use from many threads.

    >>> clients = Clients.embedded("http://127.0.0.1:4510", "eu-west-1", credentials=owner)
    >>> clients("s3").list_buckets()
    """

    region: str
    endpoint: str | None
    """Where requests go; None means AWS's own endpoints."""
    credentials: Credentials | None
    """What embedded clients sign with; None for AWS's, which sign with the person's own."""
    profile: str | None
    """The person's AWS profile, when one was named."""
    embedded = _Embedded()
    """``Clients.embedded(endpoint, region, credentials=…)`` makes them; on an instance it is True for such clients."""

    def __init__(
        self,
        *,
        region: str,
        endpoint: str | None,
        make: Callable[[str], Any],
        account_id: Callable[[], str],
        credentials: Credentials | None = None,
        profile: str | None = None,
        many: Callable[[Clients, str, str, Sequence[Mapping[str, Any]]], list[Answered]] | None = None,
        make_patient: Callable[[str], Any] | None = None,
    ) -> None:
        self.region, self.endpoint = region, endpoint
        self._many, self._make_patient = many, make_patient
        self.credentials, self.profile = credentials, profile
        self._make, self._find_account = make, account_id
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        """The client of a service, by botocore's name: ``sagemaker``, ``stepfunctions``, ``cloudwatch``."""
        client = self._made.get(service)
        if client is None:
            with self._lock:
                client = self._made.get(service)
                if client is None:
                    client = self._made[service] = self._make(service)
        return client

    def signed(self, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The headers of a request that no client of boto3 makes, with AWS's signature (version 4) among them."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, data=body, headers=dict(headers))
        SigV4Auth(self._find_credentials(), service, self.region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}

    def _find_credentials(self) -> Any:
        if self.credentials is not None:
            from botocore.credentials import Credentials as Keys

            return Keys(self.credentials.access_key, self.credentials.secret_key, self.credentials.token)
        import boto3

        return boto3.Session(profile_name=self.profile).get_credentials().get_frozen_credentials()

    def many(
        self,
        service: str,
        method: str,
        asked: Sequence[Mapping[str, Any]],
        read: Callable[[Any], Answered] = lambda answer: answer,
    ) -> list[Answered]:
        """The same call for each of several arguments, some at a time; answers and exceptions in their order.

        ``read`` is what becomes of an answer, at once: a body is read while its connection waits.

        >>> clients.many("s3", "get_object", [{"Bucket": "b", "Key": "a"}], lambda answer: answer["Body"].read())
        """
        if self._many is not None:
            answers = self._many(self, service, method, asked)
            return [one if isinstance(one, Exception) else _reading(read, one) for one in answers]
        from concurrent.futures import ThreadPoolExecutor

        if len(asked) < 2:
            call = getattr(self(service), method)
            return [_reading(lambda given: read(call(**given)), one) for one in asked]
        call = getattr(self._make_patient(service) if self._make_patient else self(service), method)
        with ThreadPoolExecutor(max(1, min(AT_A_TIME, len(asked)))) as pool:
            return [*pool.map(lambda arguments: _reading(lambda given: read(call(**given)), arguments), asked)]

    @functools.cached_property
    def account_id(self) -> str:
        """Twelve digits. On AWS the first use asks STS, which needs working credentials."""
        return self._find_account()

    def variables(self) -> dict[str, str]:
        """Environment variables by which any AWS client goes where these go, as who these are. On AWS the person's own
        credentials are found as always."""
        found = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if self.endpoint and self.credentials:
            direct = [*filter(None, os.environ.get("NO_PROXY", "").split(",")), "127.0.0.1", "localhost"]
            found |= {"AWS_ENDPOINT_URL": self.endpoint, **self.credentials.variables()}
            found["AWS_DISABLE_HOST_PREFIX_INJECTION"] = "true"  # as in `env.127.0.0.1`
            found["SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"] = self.endpoint  # what AWS's plug-in for MLflow asks
            found |= {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": ",".join(dict.fromkeys(direct))}
        elif self.profile:
            found["AWS_PROFILE"] = self.profile
        return found

    @classmethod
    def aws(cls, region: str, profile: str | None = None) -> Self:
        """Clients for AWS itself, with the person's own credentials (environment, profile, SSO, instance role).

        Raises AuthenticationError when there is no such profile.
        """
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ProfileNotFound

        try:
            session = boto3.Session(profile_name=profile, region_name=region)
        except ProfileNotFound as error:
            raise AuthenticationError(
                "There is no such AWS profile.",
                f"{error}.",
                hint="`aws configure list-profiles` shows them; set AWS_PROFILE, or `aws:profile` in the stack file.",
            ) from error
        return cls(
            region=region,
            endpoint=None,
            make=session.client,
            account_id=lambda: session.client("sts").get_caller_identity()["Account"],
            profile=profile,
            make_patient=lambda service: session.client(
                service,
                config=Config(
                    retries={"mode": "adaptive", "total_max_attempts": PATIENCE}, max_pool_connections=AT_A_TIME
                ),
            ),
        )


def _reading(read: Callable[[Any], Answered], answer: Any) -> Answered:
    try:
        return read(answer)
    except Exception as error:
        return error


def _embedded(
    endpoint: str,
    region: str,
    account_id: str = DEFAULT_ACCOUNT,
    *,
    credentials: Credentials,
    attempts: int = ATTEMPTS,
) -> Clients:
    """Clients for the embedded cloud at a loopback endpoint; any other endpoint is a `CloudError`.

    ``credentials`` are a role's session when something acts in a role. With ``attempts=1`` no request is sent twice:
    the engine, which looks up what a lost request has made, decides.
    """
    endpoint = _check_loopback(endpoint)
    return Clients(
        region=region,
        endpoint=endpoint,
        make=lambda service: _make_embedded(service, endpoint, region, account_id, attempts, credentials),
        account_id=lambda: account_id,
        credentials=credentials,
    )


def _check_loopback(endpoint: str) -> str:
    """The endpoint as ``http://host:port``; anything that is not on this machine is refused."""
    parts = urlsplit(endpoint)
    try:
        address = ipaddress.ip_address("127.0.0.1" if parts.hostname == "localhost" else parts.hostname or "")
        port = parts.port
    except ValueError:
        address, port = None, None
    if parts.scheme != "http" or address is None or not address.is_loopback or not port:
        raise CloudError(
            "The embedded cloud is only reached on loopback.",
            f"The endpoint given is `{endpoint}`; it must look like `http://127.0.0.1:4510`.",
            hint="start the embedded cloud and use its endpoint, or use `--cloud aws`.",
        )
    return f"http://{parts.netloc}"


def _make_embedded(
    service: str, endpoint: str, region: str, account_id: str, attempts: int, credentials: Credentials
) -> Any:
    """One client that ignores environment, configuration files, proxies and instance metadata."""
    from botocore.config import Config

    with _MAKING:  # botocore's session is not safe to make clients from several threads
        client = _isolated_session().create_client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            use_ssl=False,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": attempts},
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                max_pool_connections=32,
                s3={"addressing_style": "path"},
                inject_host_prefix=False,
                ignore_configured_endpoint_urls=True,
                proxies={},
            ),
        )
    netloc = urlsplit(endpoint).netloc
    client.meta.events.register("before-sign.*.*", functools.partial(_address, netloc, account_id))
    client.meta.events.register_last("before-send.*.*", functools.partial(_refuse_to_leave, endpoint))
    return client


def _address(netloc: str, account_id: str, request: Any, **_: Any) -> None:
    """Name the account, and take off what S3 Control's endpoint rules put before the host (the account id)."""
    request.url = re.sub(rf"//[^/]+\.{re.escape(netloc)}", f"//{netloc}", request.url, count=1)
    request.headers["x-moto-account-id"] = account_id


def _refuse_to_leave(endpoint: str, request: Any, **_: Any) -> None:
    """The last look at a request before it is sent: redirects and endpoint rules cannot get past this."""
    parts = urlsplit(request.url)
    if f"{parts.scheme}://{parts.netloc}" != endpoint:
        raise CloudError(
            "A request would have left this machine.",
            f"It was bound for `{parts.scheme}://{parts.netloc}`; the embedded cloud is `{endpoint}`.",
            hint="this is a bug in mlops-iac; please report it with this text.",
        )


_MAKING: Final = threading.Lock()


@functools.cache
def _isolated_session() -> Any:
    """A botocore session that knows only botocore's defaults.

    Shared by all clients, because its loader caches the service models: thirteen clients with sessions of their own
    cost half a second.
    """
    import botocore.session
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConstantProvider

    session = botocore.session.Session()
    session.register_component("data_loader", loader())
    store = session.get_component("config_store")
    for name, (_, _, default, _) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items():
        store.set_config_provider(name, ConstantProvider(default))
    for name in ("config_file", "credentials_file"):
        store.set_config_provider(name, ConstantProvider(os.devnull))
    return session
