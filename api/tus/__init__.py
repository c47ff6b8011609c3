"""tus 1.0, resumable uploads: what its headers say (``headers``), how a body is read (``body``), what stands on every
answer (``edge``). Extensions: creation, creation-with-upload, checksum, expiration, termination.
"""
