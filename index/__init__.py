"""Articles in: what an article is, what its text becomes, where it is kept, and the engines that
search it.

Nothing here knows HTTP, pages or what a person typed.
"""
