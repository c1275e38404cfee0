"""Measuring programs in Python: they take and print what the C programs do."""
