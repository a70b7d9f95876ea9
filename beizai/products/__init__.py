"""What is sold: number, name, category, price, cost, margin."""
