"""Amazon EMR Serverless: applications that jobs of Spark run in."""
