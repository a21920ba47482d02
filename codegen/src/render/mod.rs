//! Modules become text. Nothing else knows how text is laid out.

mod layout;

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::emit::{Item, Module};

/// The files of an emitted crate by path relative to it.
pub type Tree = BTreeMap<Utf8PathBuf, String>;

/// Renders one module below the header.
pub(crate) fn module(module: Module, header: &str) -> (Utf8PathBuf, String) {
    let mut text = format!("{header}\n");
    for line in module.docs.lines() {
        text.push_str(if line.is_empty() { "//!" } else { "//! " });
        text.push_str(line);
        text.push('\n');
    }
    let mut before = None;
    for item in module.items {
        let kind = Group::of(&item);
        if before != Some(kind) || kind == Group::Other {
            text.push('\n');
        }
        before = Some(kind);
        text.push_str(&item_text(item));
    }
    (module.path, text)
}

/// Items of one group stand together, others have a blank line between them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Use,
    PrivateModule,
    Statement,
    Other,
}

impl Group {
    fn of(item: &Item) -> Self {
        match item {
            Item::Rust(item) => match item.as_ref() {
                syn::Item::Use(item) if matches!(item.vis, syn::Visibility::Inherited) => Group::Use,
                syn::Item::Mod(item) if matches!(item.vis, syn::Visibility::Inherited) => Group::PrivateModule,
                syn::Item::Use(_) => Group::Statement,
                _ => Group::Other,
            },
            Item::Definition(_) | Item::Constructor(_) | Item::Macro { .. } => Group::Other,
        }
    }
}

fn item_text(item: Item) -> String {
    match item {
        Item::Definition(item) => layout::definition(&item),
        Item::Constructor(item) => layout::constructor(&item),
        Item::Rust(item) => prettyplease::unparse(&syn::File {
            shebang: None,
            frontmatter: None,
            attrs: Vec::new(),
            items: vec![*item],
        }),
        Item::Macro { name, head, entries } if head.is_empty() => format!("{name}!({});\n", entries.join(", ")),
        Item::Macro { name, head, entries } => {
            // The entries of defaults! hold commas themselves.
            let end = if name == "defaults" { ';' } else { ',' };
            let mut text = format!("{name}! {{\n    {head} {{\n");
            for entry in entries {
                text.push_str(&format!("        {entry}{end}\n"));
            }
            text.push_str("    }\n}\n");
            text
        }
    }
}

/// `rustfmt.toml` of the emitted crate: its layout is ours.
pub(crate) const RUSTFMT: &str = "disable_all_formatting = true\n";
