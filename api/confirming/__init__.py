"""The page behind a link that works once: somebody without an account confirms what another person states."""
