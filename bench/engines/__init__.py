"""The engines that bench.speed compares, each in a process of its own."""
