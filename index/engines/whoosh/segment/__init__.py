"""The files of an index: containers, term dictionaries, postings, doc values, stored fields, the
commit point.

Nothing here knows a query, a snapshot or when a segment is written.
"""
