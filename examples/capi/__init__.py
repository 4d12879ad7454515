"""Programs in C's own steps, through zmqlite.capi: C with types, braces and semicolons removed."""
