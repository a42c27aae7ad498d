"""Moving states between backends: a folder and a bucket, in the layout of Pulumi's self-managed backends."""
