"""The pages for readers, in Russian and English: search, an article, and what any site has.

Nothing here answers a program.
"""
