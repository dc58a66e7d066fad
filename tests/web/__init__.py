"""The API and the pages, through Flask's test client."""
