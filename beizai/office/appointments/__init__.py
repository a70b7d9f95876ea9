"""The pages of the day: who comes when, booking a time, services and staff hours."""
