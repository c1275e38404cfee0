"""`python -m pinnacle` is `pinnacle`."""

from pinnacle.cli.main import main

main()
