"""What is known of a stack, where it is kept, and how it is mended by hand."""
