"""Which places are free: one engine for days, slots, the earliest place anywhere, and for what may be held."""
