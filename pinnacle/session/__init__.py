"""A session: its configuration, its folders and segments, its supervision, its report."""
