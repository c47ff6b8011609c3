"""What every request passes around the routes."""
