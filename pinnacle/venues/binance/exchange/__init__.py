"""Binance's server over an exchange of our own."""
