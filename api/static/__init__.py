"""What the documentation pages load."""
