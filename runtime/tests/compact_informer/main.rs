//! Tests of informers with compact caches: all tests of `tests/informer`, and those of what is particular to compact caches.

#[path = "../informer/main.rs"]
mod informer;
mod reads;
mod twins;
