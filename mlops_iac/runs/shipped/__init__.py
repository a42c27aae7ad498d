"""Scripts that steps run when a team brings none of its own: they travel in the packed code of pipelines that use them.

They run in the framework's environment, with its pandas, and import nothing of mlops-iac.
"""
