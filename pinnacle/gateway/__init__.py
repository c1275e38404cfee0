"""The gateway: the only process that talks to a venue about orders."""
