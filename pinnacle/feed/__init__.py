"""The feed: venue messages to records, to the journal, the shared books and every reader's ring."""
