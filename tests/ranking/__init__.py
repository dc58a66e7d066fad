"""What is found first, and how it is shown."""
