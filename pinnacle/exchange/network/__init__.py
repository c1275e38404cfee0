"""An exchange that is reached over sockets, for rehearsals of what reaches the real ones."""
