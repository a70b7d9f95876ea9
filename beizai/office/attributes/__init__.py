"""The pages of attributes: what may be known of a customer, in six families, and what is worth asking next."""
