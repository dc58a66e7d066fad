"""Where articles come from: files, pipes, bodies and addresses are read into articles
and reasons why something is none.

Nothing here keeps an article or writes to an index.
"""
