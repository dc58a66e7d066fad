"""Engines: the contract, and the embedded engine against its oracles."""
