"""The demo: a year of real shopping, invented names, two campaigns played to their measured end (SIMULATED)."""
