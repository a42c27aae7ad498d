"""What is to be done, worked out before anything is done. Nothing here calls a cloud."""
