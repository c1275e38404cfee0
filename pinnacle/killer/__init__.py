"""Takes a venue's orders back when the gateway that answers for them is silent."""
