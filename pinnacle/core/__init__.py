"""Thin typed wrappers over the C library, one module per header, and what every floor needs."""
