"""The In and Out Structs of the routes: what is read from a client, and what is sent."""
