"""Amazon EFS: file systems, their mount targets, access points, policies and backups."""
