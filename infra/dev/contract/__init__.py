"""The OpenAPI document: put together, linted, compared with what was released, and made into clients."""
