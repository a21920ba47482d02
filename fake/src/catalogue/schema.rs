//! The structural schema of a struct, for field managers, `kubectl explain` and printing.

use kube_structural_schema::{Additional, ListType, Schema, Type};

use super::{Field, GoType, ListKind, Named, Omit, Special, Struct};

/// Schemas are expanded so deep; only schemas of schemas are recursive.
const MAX_DEPTH: usize = 24;

/// Returns the schema of a struct.
pub(crate) fn schema(type_: &'static Struct) -> Schema {
    of_struct(type_, 0)
}

fn of_type(type_: Type) -> Schema {
    Schema { type_: Some(type_), ..Schema::default() }
}

fn formatted(type_: Type, format: &str) -> Schema {
    Schema { format: Some(format.to_owned()), ..of_type(type_) }
}

fn any() -> Schema {
    Schema { preserve_unknown_fields: true, ..Schema::default() }
}

fn of_struct(type_: &'static Struct, depth: usize) -> Schema {
    if depth > MAX_DEPTH {
        return Schema { preserve_unknown_fields: true, ..of_type(Type::Object) };
    }
    let fields: Vec<&'static Field> = type_.all_fields().collect();
    let required = fields.iter().filter(|field| field.required).map(|field| field.name.to_owned()).collect();
    let properties = fields.into_iter().map(|field| (field.name.to_owned(), of_field(field, depth))).collect();
    Schema { properties, required, atomic_map: type_.atomic, ..of_type(Type::Object) }
}

fn of_field(field: &'static Field, depth: usize) -> Schema {
    let mut schema = of_go(&field.type_, depth);
    schema.default = field.default.and_then(|json| serde_json::from_str(json).ok()).or_else(|| zero(field));
    match &field.list {
        ListKind::Default => {}
        ListKind::Granular => schema.atomic_map = false,
        ListKind::Atomic if schema.type_ == Some(Type::Array) => schema.list_type = Some(ListType::Atomic),
        ListKind::Atomic => schema.atomic_map = true,
        ListKind::Set => schema.list_type = Some(ListType::Set),
        ListKind::Map(keys) => {
            schema.list_type = Some(ListType::Map);
            schema.list_map_keys = keys.iter().map(|key| (*key).to_owned()).collect();
        }
    }
    schema
}

/// Returns the default of a scalar that Go always encodes: its zero value.
fn zero(field: &'static Field) -> Option<serde_json::Value> {
    match field.type_.resolved() {
        _ if field.omit != Omit::Never || matches!(field.type_, GoType::Pointer(_)) => None,
        GoType::Text => Some("".into()),
        GoType::Bool => Some(false.into()),
        GoType::Int32 | GoType::Int64 => Some(0.into()),
        _ => None,
    }
}

fn of_go(type_: &'static GoType, depth: usize) -> Schema {
    match type_.resolved() {
        GoType::Bool => of_type(Type::Boolean),
        GoType::Int32 => formatted(Type::Integer, "int32"),
        GoType::Int64 => formatted(Type::Integer, "int64"),
        GoType::Float64 => formatted(Type::Number, "double"),
        GoType::Text => of_type(Type::String),
        GoType::Bytes => formatted(Type::String, "byte"),
        GoType::Any | GoType::Pointer(_) => any(),
        GoType::List(items) => Schema { items: Some(Box::new(of_go(items, depth + 1))), ..of_type(Type::Array) },
        GoType::Map(_, values) => Schema {
            additional_properties: Some(Additional::Schema(Box::new(of_go(values, depth + 1)))),
            ..of_type(Type::Object)
        },
        GoType::Named(reference) => match reference.get() {
            Named::Struct(inner) => of_struct(inner, depth + 1),
            Named::Special(Special::Time | Special::MicroTime) => {
                Schema { nullable: true, ..formatted(Type::String, "date-time") }
            }
            Named::Special(Special::Duration) => of_type(Type::String),
            Named::Special(Special::Quantity | Special::IntOrString) => {
                Schema { int_or_string: true, ..Schema::default() }
            }
            Named::Special(Special::Raw) => Schema { atomic_map: true, ..any() },
            Named::SchemaOr(..) | Named::Alias(_) => any(),
        },
    }
}
