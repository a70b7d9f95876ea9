"""Who belongs together: rules as plain data, compiled for any engine, saved in versions, with the reason for everyone."""
