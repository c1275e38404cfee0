"""Gemini from its own side, over an exchange of our own."""
