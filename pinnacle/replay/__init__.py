"""Readers of what a session left on disk: journals, the instrument list, the configuration.

Everything here opens files to read and may run beside a live session.
"""
