"""What every connection to a venue needs, whichever venue it is."""
