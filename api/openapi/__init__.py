"""How the OpenAPI document is made: from the routes, with schemas, examples and problems."""
