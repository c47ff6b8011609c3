"""What the people of an office see: the day at every counter, the queue, and whatever changes, as it changes."""
