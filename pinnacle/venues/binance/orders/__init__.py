"""Binance's order entry."""
