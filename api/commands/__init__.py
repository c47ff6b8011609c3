"""The commands of `wartefrei`: one file each."""
