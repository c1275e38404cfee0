"""What venues' order entry has in common: keys, nonces, stamps."""
