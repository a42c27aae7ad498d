"""Amazon Redshift Serverless: namespaces, workgroups, and limits of what workgroups use."""
