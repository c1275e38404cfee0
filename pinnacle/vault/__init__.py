"""Keys to venues, encrypted under one master password: the file, what opens it, who is given it."""
