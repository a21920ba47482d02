//! Modules become text. Only this module knows the layout.

mod docs;
mod layout;

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use self::layout::Scope;
use crate::emit::Module;

/// The files of an emitted crate by path relative to it.
pub type Tree = BTreeMap<Utf8PathBuf, String>;

/// Renders one module below the header.
pub(crate) fn module(module: &Module, header: &str) -> (Utf8PathBuf, String) {
    let mut text = format!("{header}\n");
    for line in docs::wrapped(&module.docs, layout::TEXT_WIDTH - "//! ".len()) {
        text.push_str(if line.is_empty() { "//!" } else { "//! " });
        text.push_str(&line);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&layout::items(&module.items, Scope::FILE));
    (module.path.clone(), text)
}

/// `rustfmt.toml` of the emitted crate: the layout is the generator's.
pub(crate) const RUSTFMT: &str = "disable_all_formatting = true\n";
