//! YAML (and so JSON) as a tree of nodes with positions.
//!
//! Documents are read as `sigs.k8s.io/yaml` reads them, because that is what kubectl and the API server use. It is YAML 1.1 as
//! go-yaml v2 implements it: `on` is true, `0o17` is 15, `1e3` is 1000, a bare date is a string, and `{a:1}` has a key `a:1`.

mod compose;
#[cfg(test)]
mod differential;
mod encoding;
mod entries;
mod error;
mod json;
mod node;
mod scalar;
mod scan;
mod stream;
mod tag;
#[cfg(test)]
mod tests;
mod write;

pub use error::YamlError;
pub use node::{Content, Key, Node, Position};
pub use stream::{parse, parse_repeating};
pub use write::write;

/// The largest source that is read. The API server takes requests of 3 MB, etcd objects of 1.5 MB; a file may bundle many.
pub const MAX_BYTES: usize = 64 << 20;
/// The deepest nesting of mappings and sequences. The API server reads 10,000 levels; each level of a schema takes two.
pub const MAX_DEPTH: usize = 1024;
/// Stack for so many levels, in code that is not optimized.
pub(crate) const STACK_BYTES: usize = MAX_DEPTH * (8 << 10);
/// How many bytes the anchors and aliases of one document may copy, about, all together.
pub const MAX_ALIASED_BYTES: usize = 256 << 20;
