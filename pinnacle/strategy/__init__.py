"""Strategies, and the process that hosts them. A decision depends on the input log alone."""
