//! The program on files and on an API server in memory.

mod cluster;
mod explain;
mod get;
mod graph;
mod lint;
mod maintain;
mod program;
mod readme;
mod terminal;
mod validate;
mod wait;
