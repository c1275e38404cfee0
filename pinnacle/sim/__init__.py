"""Venues that are simulated: matching engine, market, paper orders in a real one."""
