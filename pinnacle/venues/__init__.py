"""Venues: codecs and connectors, a package each, and their port, registry and transport."""
