"""What happens again and again: tasks, one runner at a time over all processes (Zeitplan)."""
