"""Query texts, dates, cursors."""
