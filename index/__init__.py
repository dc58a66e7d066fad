"""Articles in: what an article is, how its text is analysed, where it is kept."""
