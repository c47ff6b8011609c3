"""What development alone installs, absent from a process that has this folder in its path."""
