"""What the ML environments of Acme have in common, on top of mlops-iac."""
