"""Cards: who a customer is, how to reach them, what they told, and whom they know."""
