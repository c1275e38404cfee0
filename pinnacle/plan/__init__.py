"""What a session is to be: its whole configuration, and the processes that follow from it."""
