"""The console commands: parse, call, print. Floor 6: may import anything, nothing imports it."""
