"""What tests share: clients, processes, the oracle, random articles and queries."""
