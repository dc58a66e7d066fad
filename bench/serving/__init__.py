"""What bench.serve is made of: OpenSearch, the load, the questions of both sides."""
