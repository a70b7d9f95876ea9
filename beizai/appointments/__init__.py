"""Who comes when, to whom, for what: services, staff hours, bookings without a queue."""
