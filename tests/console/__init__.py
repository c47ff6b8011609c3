"""The console's door and its data, over real HTTP."""
