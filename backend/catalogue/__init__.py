"""What a city offers, when it is open, and how its rules are loaded and changed."""
