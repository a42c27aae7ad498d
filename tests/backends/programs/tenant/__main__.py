"""Two stacks of one program: the flat reads what the house exports."""

import pulumi
import pulumi_aws as aws

if pulumi.get_stack() == "house":
    topic = aws.sns.Topic("letters")
    pulumi.export("topic", topic.arn)
    pulumi.export("door", pulumi.Output.secret("code 4711"))
else:
    house = pulumi.StackReference(f"organization/{pulumi.get_project()}/house")
    aws.ssm.Parameter("door", type="SecureString", value=house.require_output("door"))
    aws.ssm.Parameter("letters", type="String", value=house.get_output("topic"))
    pulumi.export("topic", house.get_output("topic"))
    pulumi.export("door", house.get_output("door"))
