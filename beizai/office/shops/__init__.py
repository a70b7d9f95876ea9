"""Web shops in the office: connected, what they delivered, what waits aside, what they ask for."""
