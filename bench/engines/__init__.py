"""The engines that bench.speed compares, each in a process of its own.

The questions and the printing are in bench/speed.py. bench/serving has what bench.serve compares.
"""
