"""Installed for development alone: Litestar would load it because it is there, 8 MB that no operator's process has."""

raise ModuleNotFoundError("not installed where the API runs")
