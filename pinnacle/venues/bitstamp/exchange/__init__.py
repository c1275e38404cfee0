"""Bitstamp from its own side, over an exchange of ours."""
