"""What phones ask for as a whole: the first screen of an app, and what changed since it asked last."""
