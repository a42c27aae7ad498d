"""IAM on the embedded cloud: who asks, what the request needs, which policies speak, and AWS's answer.

A request passes these files in this order:

    callers      whose access key signed it: a role's session, a user, or the person at the keyboard
    requirements botocore's operation as IAM actions on ARNs, from data (`data/`), and what services do on its behalf
    context      the condition keys of the request
    policies     the documents that speak about the principal and the resource
    evaluate     the decision, pure (`documents`, `conditions`, `matching`)
    denial       AWS's words for a refusal
    record       what was asked and by which statement it was allowed

`enforcer` puts them together; the gateway calls it before every request.

The person, and any client that was given the person's access key (`mlops-iac env`), is an administrator. A request that
nobody signed, or somebody unknown (`strangers`), is refused, and so is an expired or forged role session.
"""
