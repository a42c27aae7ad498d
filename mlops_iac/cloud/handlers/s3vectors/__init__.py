"""Amazon S3 Vectors: vector buckets, their policies, and indexes."""
