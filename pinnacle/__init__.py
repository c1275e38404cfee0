"""Pinnacle: a market-making system over a small C library."""

__version__ = "0.1.0"
