"""The clerks' web pages: one screen, one file, with its template, its script and its style of the same name."""
