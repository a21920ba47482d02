//! Go types, as far as they decide how objects are encoded.

use std::fmt;
use std::sync::OnceLock;

use super::lines::Block;
use super::{Catalogue, Release};

/// A type that a field can have.
#[derive(Debug)]
pub(crate) enum GoType {
    Bool,
    Int32,
    Int64,
    Float64,
    Text,
    Bytes,
    /// Any JSON value.
    Any,
    Pointer(Box<GoType>),
    List(Box<GoType>),
    /// A map whose keys are strings of a type with this name.
    Map(&'static str, Box<GoType>),
    Named(Reference),
}

/// A named type.
#[derive(Debug)]
pub(crate) enum Named {
    Struct(Struct),
    Alias(GoType),
    Special(Special),
    /// A schema or something else, in schemas of custom resource definitions.
    SchemaOr(SchemaOr, Reference),
}

/// What can be in the place of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SchemaOr {
    Bool,
    Schemas,
    Texts,
}

/// A type whose encoding is code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    Time,
    MicroTime,
    Duration,
    Quantity,
    IntOrString,
    /// `RawExtension`, `FieldsV1` and `JSON`: any JSON value.
    Raw,
}

/// A reference to a named type, which is read when it is first used: types can be recursive.
pub(crate) struct Reference {
    name: &'static str,
    catalogue: &'static Catalogue,
    found: OnceLock<&'static Named>,
}

/// A type that is missing in the data: any value.
static MISSING: Named = Named::Special(Special::Raw);

impl Reference {
    pub(crate) fn get(&self) -> &'static Named {
        self.found.get_or_init(|| self.catalogue.named(self.name).unwrap_or(&MISSING))
    }

    /// Returns the name in the data, such as `core/v1.Pod`.
    pub(crate) fn full_name(&self) -> &'static str {
        self.name
    }

    /// Returns the name as Go prints it, such as `v1.Pod`.
    pub(crate) fn name(&self) -> &'static str {
        last_segment(self.name)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

fn last_segment(name: &'static str) -> &'static str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A struct.
#[derive(Debug)]
pub(crate) struct Struct {
    /// The name with the last segment of its package, such as `v1.Pod`.
    pub(crate) name: &'static str,
    /// The name in the data, such as `core/v1.Pod`.
    pub(crate) full_name: &'static str,
    /// Whether field managers own it as a whole.
    pub(crate) atomic: bool,
    /// The fields in the order of their numbers.
    pub(crate) fields: Vec<Field>,
    /// The indices of the fields in the order of the struct.
    order: Vec<usize>,
    ordered: OnceLock<Vec<&'static Field>>,
}

/// A field of a struct.
#[derive(Debug)]
pub(crate) struct Field {
    /// The name in JSON; empty: the fields of its struct are those of this one.
    pub(crate) name: &'static str,
    pub(crate) type_: GoType,
    /// The number in protobuf; 0: none.
    pub(crate) number: u32,
    /// Whether a list is repeated in protobuf although its type has a name, so that it is no message of its own.
    pub(crate) repeated: bool,
    pub(crate) omit: Omit,
    pub(crate) required: bool,
    pub(crate) list: ListKind,
    /// The default in JSON.
    pub(crate) default: Option<&'static str>,
    /// The strategies of strategic merge patches, separated by commas.
    pub(crate) patch_strategy: &'static str,
    pub(crate) patch_merge_key: &'static str,
}

/// When a field is omitted in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Omit {
    Never,
    /// If it is empty; a struct never is.
    Empty,
    /// If it has the zero value, also a struct.
    Zero,
}

/// How field managers own the items of a list or the fields of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// By the kind of the type: lists as a whole, fields one by one.
    Default,
    Atomic,
    /// Fields one by one, also of a struct that is owned as a whole elsewhere.
    Granular,
    Set,
    Map(Vec<&'static str>),
}

/// Reads a type; `None` if it is malformed.
pub(super) fn read(
    catalogue: &'static Catalogue,
    name: &'static str,
    block: &Block,
    release: Release,
) -> Option<Named> {
    let mut words = block.head.split(' ');
    if words.next() == Some("struct") {
        let atomic = words.nth(1) == Some("atomic");
        let fields = block.lines(release).map(|line| Field::read(catalogue, line)).collect::<Option<Vec<_>>>()?;
        let mut fields: Vec<(usize, Field)> = fields.into_iter().enumerate().collect();
        fields.sort_by_key(|(_, field)| field.number);
        let mut order: Vec<usize> = (0..fields.len()).collect();
        order.sort_by_key(|index| fields[*index].0);
        let fields = fields.into_iter().map(|(_, field)| field).collect();
        let (full_name, name) = (name, last_segment(name));
        return Some(Named::Struct(Struct { name, full_name, atomic, fields, order, ordered: OnceLock::new() }));
    }
    let underlying = words.nth(1)?;
    Some(match (name, underlying) {
        ("meta/v1.Time", _) => Named::Special(Special::Time),
        ("meta/v1.MicroTime", _) => Named::Special(Special::MicroTime),
        ("meta/v1.Duration", _) => Named::Special(Special::Duration),
        ("resource.Quantity", _) => Named::Special(Special::Quantity),
        ("intstr.IntOrString", _) => Named::Special(Special::IntOrString),
        ("runtime.RawExtension" | "meta/v1.FieldsV1" | "apiextensions/v1.JSON", _) => Named::Special(Special::Raw),
        ("apiextensions/v1.JSONSchemaPropsOrBool", _) => schema_or(catalogue, SchemaOr::Bool),
        ("apiextensions/v1.JSONSchemaPropsOrArray", _) => schema_or(catalogue, SchemaOr::Schemas),
        ("apiextensions/v1.JSONSchemaPropsOrStringArray", _) => schema_or(catalogue, SchemaOr::Texts),
        (_, "opaque") => return None,
        _ => Named::Alias(GoType::read(catalogue, underlying)),
    })
}

fn schema_or(catalogue: &'static Catalogue, or: SchemaOr) -> Named {
    let schema = Reference { name: "apiextensions/v1.JSONSchemaProps", catalogue, found: OnceLock::new() };
    Named::SchemaOr(or, schema)
}

impl GoType {
    fn read(catalogue: &'static Catalogue, text: &'static str) -> GoType {
        match text {
            "bool" => return GoType::Bool,
            "int32" | "uint32" => return GoType::Int32,
            "int" | "int64" => return GoType::Int64,
            "float64" => return GoType::Float64,
            "string" => return GoType::Text,
            "[]uint8" => return GoType::Bytes,
            "interface {}" | "runtime.Object" => return GoType::Any,
            _ => {}
        }
        let inner = |text| Box::new(GoType::read(catalogue, text));
        if let Some(rest) = text.strip_prefix('*') {
            GoType::Pointer(inner(rest))
        } else if let Some(rest) = text.strip_prefix("[]") {
            GoType::List(inner(rest))
        } else if let Some((key, value)) = text.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
            GoType::Map(last_segment(key), inner(value))
        } else {
            GoType::Named(Reference { name: text, catalogue, found: OnceLock::new() })
        }
    }

    /// Returns the type without pointers and names of types that are not structs.
    pub(crate) fn resolved(&'static self) -> &'static GoType {
        match self {
            GoType::Pointer(inner) => inner.resolved(),
            GoType::Named(reference) => match reference.get() {
                Named::Alias(type_) => type_.resolved(),
                Named::Struct(_) | Named::Special(_) | Named::SchemaOr(..) => self,
            },
            other => other,
        }
    }

    /// Returns the struct that it is, or to which it points.
    pub(crate) fn as_struct(&'static self) -> Option<&'static Struct> {
        match self.resolved() {
            GoType::Named(reference) => match reference.get() {
                Named::Struct(found) => Some(found),
                Named::Alias(_) | Named::Special(_) | Named::SchemaOr(..) => None,
            },
            _ => None,
        }
    }
}

/// The type as Go prints it.
impl fmt::Display for GoType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GoType::Bool => out.write_str("bool"),
            GoType::Int32 => out.write_str("int32"),
            GoType::Int64 => out.write_str("int64"),
            GoType::Float64 => out.write_str("float64"),
            GoType::Text => out.write_str("string"),
            GoType::Bytes => out.write_str("[]uint8"),
            GoType::Any => out.write_str("interface {}"),
            GoType::Pointer(inner) => write!(out, "{inner}"),
            GoType::List(items) => write!(out, "[]{items}"),
            GoType::Map(key, values) => write!(out, "map[{key}]{values}"),
            GoType::Named(reference) => out.write_str(reference.name()),
        }
    }
}

impl Field {
    fn read(catalogue: &'static Catalogue, line: &'static str) -> Option<Field> {
        let mut words = line.split(' ');
        let name = words.next()?;
        let type_ = words.next()?;
        // The type of a field with any value has a blank.
        let type_ = if type_ == "interface" { words.next().map(|_| "interface {}")? } else { type_ };
        let mut field = Field {
            name: if name == "-" { "" } else { name },
            type_: GoType::read(catalogue, type_),
            number: words.next()?.parse().ok()?,
            repeated: false,
            omit: Omit::Empty,
            required: false,
            list: ListKind::Default,
            default: None,
            patch_strategy: "",
            patch_merge_key: "",
        };
        for word in words {
            match word.split_once('=').unwrap_or((word, "")) {
                ("repeated", _) => field.repeated = true,
                ("always", _) => field.omit = Omit::Never,
                ("zero", _) => field.omit = Omit::Zero,
                ("required", _) => field.required = true,
                ("atomic", _) => field.list = ListKind::Atomic,
                ("granular", _) => field.list = ListKind::Granular,
                ("set", _) => field.list = ListKind::Set,
                ("map", keys) => field.list = ListKind::Map(keys.split(',').collect()),
                ("default", json) => field.default = Some(json),
                ("patch", strategy) => field.patch_strategy = strategy,
                ("key", key) => field.patch_merge_key = key,
                _ => return None,
            }
        }
        Some(field)
    }
}

impl Struct {
    /// Returns a field by its name in JSON, also one of an inlined struct.
    pub(crate) fn field(&'static self, name: &str) -> Option<&'static Field> {
        self.find_field(name, &mut Vec::new())
    }

    /// Returns a field by its name in JSON, and adds the names of the inlined structs that lead to it to a path.
    pub(super) fn find_field(&'static self, name: &str, path: &mut Vec<&'static str>) -> Option<&'static Field> {
        self.fields.iter().find_map(|field| match field.name {
            "" => {
                let (inlined, length) = (field.type_.as_struct()?, path.len());
                path.push(inlined.name.rsplit('.').next().unwrap_or_default());
                let found = inlined.find_field(name, path);
                if found.is_none() {
                    path.truncate(length);
                }
                found
            }
            other => (other == name).then_some(field),
        })
    }

    /// Returns all fields in the order in which Go encodes them, those of inlined structs included.
    pub(super) fn in_order(&'static self) -> &'static [&'static Field] {
        self.ordered.get_or_init(|| {
            let declared = self.order.iter().map(|index| &self.fields[*index]);
            let mut fields = Vec::new();
            for field in declared {
                match field.type_.as_struct().filter(|_| field.name.is_empty()) {
                    Some(inlined) => fields.extend(inlined.in_order()),
                    None => fields.push(field),
                }
            }
            fields
        })
    }

    /// Returns all fields, those of inlined structs included.
    pub(crate) fn all_fields(&'static self) -> impl Iterator<Item = &'static Field> {
        let mut fields = Vec::new();
        for field in &self.fields {
            match field.type_.as_struct().filter(|_| field.name.is_empty()) {
                Some(inlined) => fields.extend(inlined.all_fields()),
                None => fields.push(field),
            }
        }
        fields.into_iter()
    }
}
