"""What the data plane does, in figures: `python -m bench`. The method is in docs/benchmarks.md."""
