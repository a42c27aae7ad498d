"""Where runs are logged to, and what logs them."""
