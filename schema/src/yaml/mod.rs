//! YAML, including JSON, as a tree of nodes with positions.
//!
//! Documents are read like `sigs.k8s.io/yaml`, which kubectl and the API server use: YAML 1.1 as in go-yaml v2. `on` is
//! true, `0o17` is 15, `1e3` is 1000, a plain date is a string, and `{a:1}` has a key `a:1`.

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
pub use stream::{parse, parse_all_with_duplicates, parse_with_duplicates};
pub use write::write;

/// The maximum size of a source. The API server accepts requests of 3 MB, etcd objects of 1.5 MB; a file may contain
/// many objects.
pub const MAX_BYTES: usize = 64 << 20;
/// The maximum depth of mappings and sequences. The API server reads 10,000 levels; each level of a schema needs two.
pub const MAX_DEPTH: usize = 1024;
/// The stack size for that depth, in unoptimized code.
pub(crate) const STACK_BYTES: usize = MAX_DEPTH * (8 << 10);
/// The approximate limit of bytes that the anchors and aliases of a document may copy.
pub const MAX_ALIASED_BYTES: usize = 256 << 20;
