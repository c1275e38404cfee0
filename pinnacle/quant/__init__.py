"""Arithmetic of quoting and of models, without I/O."""
