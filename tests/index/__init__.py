"""Articles, dates and the analysis of text."""
