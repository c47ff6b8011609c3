"""The waiting list (Warteliste): a place that becomes free goes first to whoever waits longest among those it fits."""
