//! What an apply configuration knows of its schema: how the API server merges each field.

/// The fields of a type.
#[derive(Debug)]
pub struct Shape {
    /// The fields. Others are granular and unchecked.
    pub fields: &'static [Field],
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// The name in JSON.
    pub name: &'static str,
    /// What the value contains.
    pub below: Below,
    /// How the API server merges the value.
    pub topology: Topology,
    /// Whether debug output hides the value.
    pub secret: bool,
}

/// What the value of a field contains.
#[derive(Clone, Copy, Debug)]
pub enum Below {
    /// A value whose fields are not known here: a scalar, or a type that has no apply configuration.
    Opaque,
    /// An object of a type with an apply configuration.
    Object(&'static Shape),
    /// A list of such objects.
    Items(&'static Shape),
    /// A map of such objects.
    Values(&'static Shape),
    /// A map of other values.
    Entries,
}

/// How the API server merges a value.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>
#[derive(Clone, Copy, Debug)]
pub enum Topology {
    /// Each field or entry has its own managers.
    Granular,
    /// An apply replaces the value as a whole.
    Atomic,
    /// A list of unique scalars, each with its own managers.
    Set,
    /// A list of objects that these keys identify, each with its own managers.
    Map(&'static [Key]),
}

/// A key of a list map.
#[derive(Debug)]
pub struct Key {
    /// The name in JSON.
    pub name: &'static str,
    /// The default of the schema, as JSON.
    pub default: Option<&'static str>,
}

/// A type without known fields.
pub(super) static UNKNOWN: Shape = Shape { fields: &[] };

impl Shape {
    /// Returns the field of this name.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Field {
    /// Returns whether the parts of the value have their own managers.
    pub(super) fn is_granular(&self) -> bool {
        match self.topology {
            Topology::Atomic => false,
            Topology::Set | Topology::Map(_) => true,
            Topology::Granular => matches!(self.below, Below::Object(_) | Below::Values(_) | Below::Entries),
        }
    }
}
