"""What every room stands on: database, clock, ids, errors, permissions, actors. Knows no room."""
