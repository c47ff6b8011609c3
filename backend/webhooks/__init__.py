"""Telling integrators' servers what happens in their cities, by the Standard Webhooks specification."""
