"""What the two Django twins share: models of the product's tables, tokens and settings."""
