"""Clients of the stream, for those who build frontends and scripts: stream.js and stream.py stand alone."""
