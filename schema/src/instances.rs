//! Random objects of a schema.
