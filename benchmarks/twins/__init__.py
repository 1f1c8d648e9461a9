"""What the product is measured against: the same operations on the same tables."""
