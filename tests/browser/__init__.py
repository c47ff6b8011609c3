"""The console in a real Chromium, served by a real process."""
