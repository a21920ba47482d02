//! Fingerprints of schemas: equal for schemas that differ only in descriptions and positions, on every machine and in every
//! release.
//!
//! A fingerprint is the hash of a canonical text, which contains each keyword of the schema that is set. The lock contains
//! fingerprints, so the text must not change: `canonical_text_does_not_change` pins it.

use std::fmt::{self, Display, Write};

use kube_structural_schema::{Additional, Limits, ListType, Pattern, Rule, Schema, Type};

use crate::api::Defaults;

/// A writer of canonical text into a 128-bit FNV-1a hash, or into another output.
#[derive(Clone)]
pub(crate) struct Fingerprint<Out = Hash>(Out);

/// The state of an FNV-1a hash.
#[derive(Clone)]
pub(crate) struct Hash(u128);

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

impl Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(PRIME);
        }
        Ok(())
    }
}

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Fingerprint(Hash(OFFSET))
    }

    pub(crate) fn value(&self) -> u128 {
        self.0.0
    }
}

impl<Out: Write> Fingerprint<Out> {
    fn write(&mut self, text: fmt::Arguments<'_>) {
        // Writing into a hash or a string does not fail.
        let _ = self.0.write_fmt(text);
    }

    fn parts(&mut self, parts: &[&str]) {
        for part in parts {
            let _ = self.0.write_str(part);
        }
    }

    /// Adds a text, preceded by its length.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.parts(&[name, "="]);
        self.write(format_args!("{}", text.len()));
        self.parts(&[":", text, ";"]);
    }

    /// Adds the fingerprint of a child.
    pub(crate) fn child(&mut self, name: &str, fingerprint: u128) {
        self.write(format_args!("{}", name.len()));
        self.parts(&[":", name, "="]);
        for shift in (0..u128::BITS / 4).rev() {
            let digit = usize::try_from(fingerprint >> (4 * shift) & 0xf).unwrap_or_default();
            self.parts(&[&"0123456789abcdef"[digit..=digit]]);
        }
        self.parts(&[";"]);
    }

    /// Adds a flag that is set.
    pub(crate) fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.parts(&[name, ";"]);
        }
    }

    fn some_text(&mut self, name: &str, text: Option<&str>) {
        text.into_iter().for_each(|text| self.text(name, text));
    }

    fn some(&mut self, name: &str, value: Option<impl Display>) {
        value.into_iter().for_each(|value| self.text(name, &value.to_string()));
    }

    /// Adds the keywords that do not affect the type: `default` and `nullable`.
    pub(crate) fn place(&mut self, schema: &Schema) {
        self.flag("nullable", schema.nullable);
        self.some("default", schema.default.as_ref());
    }

    /// Adds the defaults below a type that is not generated.
    pub(crate) fn defaults(&mut self, defaults: &Defaults) {
        match defaults {
            Defaults::Nothing => {}
            Defaults::Items(below) => self.block("items", |print| print.defaults(below)),
            Defaults::Values(below) => self.block("values", |print| print.defaults(below)),
            Defaults::Object(defaults) => {
                for default in defaults {
                    self.block(default.name.as_deref().unwrap_or("*"), |print| {
                        print.some_text("default", default.value.as_deref());
                        print.defaults(&default.below);
                    });
                }
            }
        }
    }

    fn block(&mut self, name: &str, work: impl FnOnce(&mut Self)) {
        self.write(format_args!("{}:{name}{{", name.len()));
        work(self);
        self.write(format_args!("}}"));
    }

    /// Adds the keywords of a schema, without children, `default` and `nullable`.
    fn keywords(&mut self, schema: &Schema) {
        self.some_text("type", schema.type_.map(Type::as_str));
        self.some_text("format", schema.format.as_deref());
        schema.enumeration.iter().for_each(|value| self.text("enum", &value.to_string()));
        schema.required.iter().for_each(|name| self.text("required", name));
        self.limits(&schema.limits);
        self.some_text(
            "x-kubernetes-list-type",
            schema.list_type.map(|list| match list {
                ListType::Atomic => "atomic",
                ListType::Set => "set",
                ListType::Map => "map",
            }),
        );
        schema.list_map_keys.iter().for_each(|key| self.text("x-kubernetes-list-map-keys", key));
        self.flag("x-kubernetes-int-or-string", schema.int_or_string);
        self.flag("x-kubernetes-preserve-unknown-fields", schema.preserve_unknown_fields);
        self.flag("x-kubernetes-embedded-resource", schema.embedded_resource);
        self.flag("x-kubernetes-map-type-atomic", schema.atomic_map);
        schema.rules.iter().for_each(|rule| self.block("x-kubernetes-validations", |print| print.rule(rule)));
        self.some_text(
            "additionalProperties",
            schema.additional_properties.as_ref().map(|additional| match additional {
                Additional::Any => "true",
                Additional::None => "false",
                Additional::Schema(_) => "schema",
            }),
        );
        for (keyword, schemas) in [("allOf", &schema.all_of), ("anyOf", &schema.any_of), ("oneOf", &schema.one_of)] {
            schemas.iter().for_each(|schema| self.block(keyword, |print| print.schema(schema)));
        }
        schema.not.iter().for_each(|schema| self.block("not", |print| print.schema(schema)));
    }

    /// Adds a schema with its children; used for value validations, which are small.
    fn schema(&mut self, schema: &Schema) {
        self.keywords(schema);
        self.place(schema);
        for (step, child) in schema.children() {
            self.block(&step, |print| print.schema(child));
        }
    }

    fn limits(&mut self, limits: &Limits) {
        self.some("minimum", limits.minimum.as_ref());
        self.flag("exclusiveMinimum", limits.exclusive_minimum);
        self.some("maximum", limits.maximum.as_ref());
        self.flag("exclusiveMaximum", limits.exclusive_maximum);
        self.some("multipleOf", limits.multiple_of.as_ref());
        self.some("minLength", limits.min_length);
        self.some("maxLength", limits.max_length);
        self.some_text("pattern", limits.pattern.as_ref().map(Pattern::as_str));
        self.some("minItems", limits.min_items);
        self.some("maxItems", limits.max_items);
        self.flag("uniqueItems", limits.unique_items);
        self.some("minProperties", limits.min_properties);
        self.some("maxProperties", limits.max_properties);
    }

    fn rule(&mut self, rule: &Rule) {
        self.text("rule", &rule.rule);
        self.some_text("message", rule.message.as_deref());
        self.some_text("messageExpression", rule.message_expression.as_deref());
        self.some_text("reason", rule.reason.as_deref());
        self.some_text("fieldPath", rule.field_path.as_deref());
        self.flag("optionalOldSelf", rule.optional_old_self);
    }
}

/// Returns the fingerprint of the keywords of a schema, without children, `default` and `nullable`.
pub(crate) fn own(schema: &Schema) -> Fingerprint {
    let mut print = Fingerprint::new();
    print.keywords(schema);
    print
}

#[cfg(test)]
mod tests {
    use kube_structural_schema::{Source, read};

    use super::*;

    fn schema(text: &str) -> Schema {
        let crd = format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.example.com}}\n\
             spec:\n  group: example.com\n  scope: Namespaced\n  names: {{kind: Widget, plural: widgets}}\n  versions:\n  \
             - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, properties: {{a: {text}}}}}}}}}\n"
        );
        let found = read(&[Source::new("crd.yaml", crd)]).unwrap_or_else(|problems| panic!("{problems}"));
        found.crds[0].versions[0].schema.properties["a"].clone()
    }

    fn canonical(text: &str) -> String {
        let mut print = Fingerprint(String::new());
        print.schema(&schema(text));
        print.0
    }

    #[test]
    fn canonical_text_does_not_change() {
        let text = "{type: object, required: [b], description: x, properties: {\
            b: {type: string, pattern: ^a, minLength: 1, default: ab, enum: [ab, ac]}, \
            c: {type: array, x-kubernetes-list-type: set, items: {type: integer, maximum: 3}}}, \
            x-kubernetes-validations: [{rule: 'self.b == \"\"', message: m}], \
            not: {required: [c]}}";
        let expected = "type=6:object;required=1:b;24:x-kubernetes-validations{rule=12:self.b == \"\";message=1:m;}\
            3:not{required=1:c;}\
            2:.b{type=6:string;enum=4:\"ab\";enum=4:\"ac\";minLength=1:1;pattern=2:^a;default=4:\"ab\";}\
            2:.c{type=5:array;x-kubernetes-list-type=3:set;2:[]{type=7:integer;maximum=1:3;}}";
        assert_eq!(canonical(text), expected);
        let own = format!("{:032x}", own(&schema(text)).value());
        assert_eq!(own, "835c097d093c85e668526fb277ddcc17");
    }

    #[test]
    fn canonical_text_contains_every_keyword_except_descriptions() {
        let plain = "{type: string, maxLength: 3}";
        assert_eq!(canonical("{type: string, maxLength: 3, description: other}"), canonical(plain));
        for other in [
            "{type: string}",
            "{type: string, maxLength: 4}",
            "{type: string, maxLength: 3, minLength: 3}",
            "{type: string, maxLength: 3, nullable: true}",
            "{type: string, maxLength: 3, format: date}",
            "{type: string, maxLength: 3, default: a}",
            "{type: string, maxLength: 3, x-kubernetes-validations: [{rule: self == 'a'}]}",
            "{type: string, maxLength: 3, anyOf: [{pattern: a}]}",
            "{type: string, maxLength: 3, allOf: [{pattern: a}]}",
        ] {
            assert_ne!(canonical(other), canonical(plain), "{other}");
        }
    }
}
