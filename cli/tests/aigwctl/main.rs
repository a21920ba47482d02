//! The program on files and on an API server in memory.

mod program;
mod validate;
