"""From a notice to a phone: the worker and its channels."""
