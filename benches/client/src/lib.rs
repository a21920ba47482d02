//! Benchmarks of the clients: see `benches/`.
