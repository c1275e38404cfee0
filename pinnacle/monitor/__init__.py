"""The status page: it reads a live session's segments and journals, and changes nothing."""
