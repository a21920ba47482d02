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
    docs::wrap(&module.docs, layout::TEXT_WIDTH - "//! ".len(), |line| {
        text.extend([if line.is_empty() { "//!" } else { "//! " }, line, "\n"]);
    });
    text.push('\n');
    layout::items(&mut text, &module.items, Scope::FILE);
    (module.path.clone(), text)
}

/// `rustfmt.toml` of the emitted crate: the layout is the generator's.
pub(crate) const RUSTFMT: &str = "disable_all_formatting = true\n";
