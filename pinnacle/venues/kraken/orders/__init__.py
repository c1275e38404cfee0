"""Orders at Kraken: what is asked, and what answers and executions mean."""
