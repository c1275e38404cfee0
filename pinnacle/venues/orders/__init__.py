"""Orders at a venue outside: what is asked and signed, what is answered, and who carries both."""
