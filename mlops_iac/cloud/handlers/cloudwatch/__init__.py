"""CloudWatch: dashboards and alarms."""
