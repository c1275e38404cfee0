"""From what a strategy wants to orders, and back."""
