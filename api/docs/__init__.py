"""The documentation at ``/docs``: overview, guide, reference, errors, search and changes."""
