"""Reading a file that may be meant to harm: in a process of its own that may use so much and no more.

``run`` starts it (``python -m backend.documents.inspection``); ``images`` and ``pdf`` are what happens inside.
"""
