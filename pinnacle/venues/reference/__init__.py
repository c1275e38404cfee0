"""What a venue says of itself: its instruments, their prices, what its clock shows."""
