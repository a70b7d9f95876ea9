"""Web shops that tell of their orders, customers and products by webhook: read field by field, once, in whatever order they come."""
