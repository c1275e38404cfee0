"""Orders at Bitstamp: what is asked, and what answers and private channels mean."""
