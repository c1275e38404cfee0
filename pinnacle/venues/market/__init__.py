"""What frames mean: parts, streams, what makes a book whole. No I/O."""
