//! Limits of copies by anchors and aliases.

use super::super::error::{Failure, failure};
use super::super::{Content, Key, MAX_ALIASED_BYTES, Node, Position, YamlError};

/// The counters with which go-yaml detects excessive aliasing.
#[derive(Default)]
pub(super) struct Budget {
    pub(super) decoded: usize,
    aliased: usize,
    copied: usize,
}

impl Budget {
    pub(super) fn add(&mut self, decoded: usize, aliased: usize, at: Position) -> Result<(), Failure> {
        self.decoded += decoded;
        self.aliased += aliased;
        #[expect(clippy::cast_precision_loss, reason = "go-yaml computes with floats")]
        let is_exceeded = self.aliased > 100
            && self.decoded > 1000
            && self.aliased as f64 / self.decoded as f64 > allowed_ratio(self.decoded as f64);
        if is_exceeded { Err(failure(at, YamlError::ExcessiveAliasing)) } else { Ok(()) }
    }

    pub(super) fn copy(&mut self, bytes: usize, at: Position) -> Result<(), Failure> {
        self.copied = self.copied.saturating_add(bytes);
        if self.copied > MAX_ALIASED_BYTES { Err(failure(at, YamlError::ExcessiveAliasing)) } else { Ok(()) }
    }
}

/// Returns the allowed fraction of aliased nodes in a document. Source: `go.yaml.in/yaml/v2/decode.go`.
fn allowed_ratio(decoded: f64) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    if decoded <= LOW {
        0.99
    } else if decoded >= HIGH {
        0.10
    } else {
        0.99 - 0.89 * ((decoded - LOW) / (HIGH - LOW))
    }
}

/// Returns the approximate size of a copy of a value in bytes.
pub(super) fn bytes(content: &Content) -> usize {
    size_of::<Node>()
        + match content {
            Content::String(text) => text.len(),
            Content::List(items) => items.iter().map(|item| bytes(&item.content)).sum(),
            Content::Map(entries) => {
                entries.iter().map(|(key, node)| size_of::<Key>() + key.name.len() + bytes(&node.content)).sum()
            }
            _ => 0,
        }
}
