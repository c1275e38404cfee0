"""Codecs and connectors of the venues, one package each: the one floor where sockets live."""
