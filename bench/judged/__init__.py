"""Judged queries and pairs of real articles: how they are read, indexed, scored and compared.

The commands beside this folder ask and print. No judged text is ever copied into the project.
"""
