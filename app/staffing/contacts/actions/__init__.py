"""All that is written in the care for contact methods."""
