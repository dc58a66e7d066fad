"""Where articles come from: files, pipes, bodies and addresses are read into articles and
refusals.

Nothing here keeps an article or writes to an index.
"""
