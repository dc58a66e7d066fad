"""The command, the docs and their examples."""
