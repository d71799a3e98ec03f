"""The clear master at rest: tables, sealed cells, signed statements, backup."""
