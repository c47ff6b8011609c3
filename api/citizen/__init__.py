"""The citizens' side in a browser: a reference app of static files, which knows the public API and nothing else.

``static/core`` is what every client needs (session, retries, streams, uploads); ``static/screens`` has one module a
screen. ``pages`` are the three that name all others.
"""
