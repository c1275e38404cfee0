"""Orders at Coinbase Advanced Trade: what is asked, and what answers and the user channel mean."""
