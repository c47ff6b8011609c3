"""Cases (Vorgänge): what was handed in, the way it goes through an office, and its receipt."""
