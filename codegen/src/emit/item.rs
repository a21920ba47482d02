//! What a file of Rust consists of. How it is laid out is `render`'s.

/// An item of a file.
pub(crate) enum Item {
    /// A struct or an enum.
    Definition(Definition),
    /// `new`, in an `impl` of its own.
    Constructor(Constructor),
    /// Any other.
    Rust(Box<syn::Item>),
    /// A call of one of runtime's macros, an entry a line.
    Macro {
        /// The macro's name.
        name: &'static str,
        /// What the entries are about, before the inner brace; may be empty.
        head: String,
        entries: Vec<String>,
    },
}

/// A struct or an enum: thousands in a crate and all of one form, so that they are written without a syntax tree.
pub(crate) struct Definition {
    /// What it is for, as Markdown.
    pub(crate) docs: String,
    /// What stands in `#[…]` before it.
    pub(crate) attributes: Vec<String>,
    /// `struct Name` or `enum Name`.
    pub(crate) head: String,
    pub(crate) members: Vec<Member>,
}

/// A field or a variant.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// What it is for, as Markdown.
    pub(crate) docs: String,
    /// What serde is to know.
    pub(crate) serde: Vec<String>,
    /// `pub name: Type` or `Variant`.
    pub(crate) code: String,
}

/// `new`, with everything that a type must have.
pub(crate) struct Constructor {
    /// The type.
    pub(crate) of: String,
    /// What it makes, as Markdown.
    pub(crate) docs: String,
    /// `name: Type`
    pub(crate) parameters: Vec<String>,
    /// `name` or `name: value`
    pub(crate) values: Vec<String>,
    /// Whether there are fields that it leaves at their defaults.
    pub(crate) others: bool,
}
