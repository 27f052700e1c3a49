"""What the benchmarks measure with, and what of the cache they measure."""
