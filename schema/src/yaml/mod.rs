//! YAML (and so JSON) as a tree of nodes that know their position.
//!
//! Scalars resolve as `sigs.k8s.io/yaml` resolves them, because that is what kubectl and the API server read with: `on` is
//! true, `0o17` is 15, `0x1F` is 31, a bare date is a string.

mod node;
mod parse;
mod scalar;
mod write;

pub use node::{Content, Key, Node, Position};
pub use parse::{MAX_ALIASED_NODES, MAX_BYTES, MAX_DEPTH, YamlError, parse, parse_repeating};
pub use write::write;
