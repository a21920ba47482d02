//! The model of a file of Rust: every item that the emitters write, and the only thing that `render` lays out.

use super::Cfg;

/// An item of a file.
pub(crate) struct Item {
    /// Its documentation, as Markdown.
    pub(crate) docs: String,
    /// When it is compiled.
    pub(crate) cfg: Cfg,
    /// The text inside each further `#[…]`.
    pub(crate) attributes: Vec<String>,
    pub(crate) body: Body,
}

/// The body of an item.
pub(crate) enum Body {
    /// `use path::{names};`
    Use { path: String, names: Vec<String> },
    /// A one-line item without its semicolon: `mod name`, `pub type Name = Type`.
    Line(String),
    /// `pub mod name { … }`
    Module { name: String, items: Vec<Item> },
    /// A struct or an enum.
    Type {
        /// `struct Name` or `enum Name`.
        head: String,
        members: Vec<Member>,
    },
    /// `impl Name { … }` or `impl Trait for Name { … }`
    Impl { of: String, functions: Vec<Item> },
    /// A function or a method.
    Function(Function),
    /// A call of one of the runtime's macros, one entry per line.
    Macro {
        /// The macro's path.
        name: &'static str,
        /// The type and its settings, before the inner brace; may be empty.
        head: String,
        entries: Vec<String>,
    },
    /// An item that kopium wrote.
    Foreign(Box<syn::Item>),
}

/// A field or a variant.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its documentation, as Markdown.
    pub(crate) docs: String,
    /// The arguments of `#[serde(…)]`.
    pub(crate) serde: String,
    /// `pub name: Type`, `name: Type` or `Variant`.
    pub(crate) code: String,
}

/// A function or a method.
pub(crate) struct Function {
    /// `pub fn name` or `fn name`.
    pub(crate) head: String,
    /// `name: Type`
    pub(crate) parameters: Vec<String>,
    /// The type that it returns.
    pub(crate) returns: String,
    pub(crate) code: Code,
}

/// The body of a function.
pub(crate) enum Code {
    /// An expression, or lines of statements.
    Text(String),
    /// A struct expression.
    Struct {
        of: String,
        /// `name` or `name: value`
        values: Vec<String>,
        /// The expression for the fields that are not listed.
        rest: Option<&'static str>,
    },
}

impl Item {
    /// An item without documentation or attributes.
    pub(crate) fn new(body: Body) -> Item {
        Item { docs: String::new(), cfg: Cfg::default(), attributes: Vec::new(), body }
    }

    /// A one-line item.
    pub(crate) fn line(text: impl Into<String>) -> Item {
        Item::new(Body::Line(text.into()))
    }

    /// A call of one of the runtime's macros.
    pub(crate) fn call(name: &'static str, head: impl Into<String>, entries: Vec<String>) -> Item {
        Item::new(Body::Macro { name, head: head.into(), entries })
    }

    /// A struct or an enum.
    pub(crate) fn type_(head: impl Into<String>, members: Vec<Member>) -> Item {
        Item::new(Body::Type { head: head.into(), members })
    }

    /// The `impl` of a type or of a trait for it.
    pub(crate) fn methods(of: impl Into<String>, functions: Vec<Item>) -> Item {
        Item::new(Body::Impl { of: of.into(), functions })
    }

    /// A function or a method.
    pub(crate) fn function(head: &str, parameters: &[&str], returns: impl Into<String>, code: Code) -> Item {
        let parameters = parameters.iter().copied().map(str::to_owned).collect();
        Item::new(Body::Function(Function { head: head.to_owned(), parameters, returns: returns.into(), code }))
    }

    pub(crate) fn docs(self, docs: impl Into<String>) -> Item {
        Item { docs: docs.into(), ..self }
    }

    pub(crate) fn cfg(self, cfg: Cfg) -> Item {
        Item { cfg, ..self }
    }

    pub(crate) fn attribute(mut self, attribute: impl Into<String>) -> Item {
        self.attributes.push(attribute.into());
        self
    }
}
