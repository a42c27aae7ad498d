"""Limits of AWS that both what asks and what answers must keep to."""

from __future__ import annotations

from collections.abc import Mapping

REQUEST_BYTES: Mapping[str, int] = {"async": 1024**3, "realtime": 6_291_456, "serverless": 4 * 1024 * 1024}
"""The largest body of a request to an endpoint, by flavour.

async       https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html (an object in S3)
realtime    the maximum of ``Body`` in AWS's model of InvokeEndpoint (botocore, sagemaker-runtime 2017-05-13), which
            https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html prints
serverless  https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-invoke.html
"""
