"""Holds, bookings and the life of an appointment."""
