"""A venue's own side: what recordings of it hold, what a server of them says."""
