"""Binance spot market data: codec and synchroniser without I/O, and the connector with it."""
