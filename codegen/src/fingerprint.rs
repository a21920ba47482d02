//! Numbers that are equal for equal schemas, descriptions and positions aside, on every machine and in every release.

use std::fmt::{self, Write};

use kube_structural_schema::{Additional, Schema, Type};

/// FNV-1a with 128 bits: short, without dependencies, and the lock may keep what it yields.
#[derive(Clone)]
pub(crate) struct Fingerprint(u128);

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Fingerprint(OFFSET)
    }

    /// Takes in a name and a value; the value's `Debug` must not depend on anything but the value.
    pub(crate) fn add(&mut self, name: &str, value: &dyn fmt::Debug) {
        // Writing to a hash cannot fail.
        let _ = write!(self, "{name}={value:?};");
    }

    /// The same for a value that most schemas do not have: nothing is written then.
    pub(crate) fn add_unless_default<T: fmt::Debug + Default + PartialEq>(&mut self, name: &str, value: &T) {
        if *value != T::default() {
            self.add(name, value);
        }
    }

    pub(crate) fn value(&self) -> u128 {
        self.0
    }
}

impl Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(PRIME);
        }
        Ok(())
    }
}

/// What a schema says itself, its children and its own `default` and `nullable` left out: those belong to the place that
/// uses it.
pub(crate) fn own(schema: &Schema) -> Fingerprint {
    let mut print = Fingerprint::new();
    print.add("type", &schema.type_.map(Type::as_str));
    print.add_unless_default("format", &schema.format);
    print.add_unless_default("enum", &texts(&schema.enumeration));
    print.add_unless_default("required", &schema.required);
    print.add_unless_default("limits", &schema.limits);
    print.add_unless_default("listType", &schema.list_type);
    print.add_unless_default("listMapKeys", &schema.list_map_keys);
    print.add_unless_default(
        "flags",
        &[schema.int_or_string, schema.preserve_unknown_fields, schema.embedded_resource, schema.atomic_map],
    );
    print.add_unless_default("rules", &schema.rules);
    let additional = schema.additional_properties.as_ref().map(|additional| matches!(additional, Additional::Any));
    print.add_unless_default("additional", &additional);
    for (keyword, schemas) in [("allOf", &schema.all_of), ("anyOf", &schema.any_of), ("oneOf", &schema.one_of)] {
        for validation in schemas {
            print.add(keyword, &deep(validation));
        }
    }
    print.add_unless_default("not", &schema.not.as_deref().map(deep));
    print
}

/// A whole schema, for value validations, which are small.
fn deep(schema: &Schema) -> u128 {
    let mut print = own(schema);
    print.add("place", &(schema.nullable, schema.default.as_ref().map(ToString::to_string)));
    for (step, child) in schema.children() {
        print.add(&step, &deep(child));
    }
    print.value()
}

fn texts(values: &[serde_json::Value]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
