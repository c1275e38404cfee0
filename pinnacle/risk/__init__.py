"""Pre-trade risk: the only way to the gateway, and the owner of positions and P&L."""
