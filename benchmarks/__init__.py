"""What the promises of speed rest on; each program prints what it measured in this very run."""
