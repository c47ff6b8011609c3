"""Forms: versions that never change once published, their conditions and checks, and the drafts people fill in."""
