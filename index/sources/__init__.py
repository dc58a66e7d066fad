"""Where articles come from: files, pipes and bodies are opened and read into articles and
refusals.

Nothing here keeps an article or writes to an index.
"""
