//! The rules of structural schemas.
//!
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>
//! and `apiextensions-apiserver/pkg/apiserver/schema/validation.go`.

use crate::problem::{Place, Problem, ProblemKind};
use crate::schema::{Additional, Schema, Type};

/// Checks the schema of a version at `place`.
pub(crate) fn check(root: &Schema, place: &Place, problems: &mut Vec<Problem>) {
    let mut checker = Checker { place: place.clone(), path: String::new(), problems };
    if root.type_ != Some(Type::Object) {
        checker.report(root, "the root must have type: object");
    }
    if let Some(metadata) = root.properties.get("metadata") {
        checker.metadata(metadata);
    }
    checker.complete(root);
}

struct Checker<'p> {
    place: Place,
    path: String,
    problems: &'p mut Vec<Problem>,
}

impl Checker<'_> {
    fn report(&mut self, schema: &Schema, message: impl Into<String>) {
        let path = Some(if self.path.is_empty() { ".".to_owned() } else { self.path.clone() });
        let place = Place { at: schema.at.known(), path, ..self.place.clone() };
        self.problems.push(Problem { place, kind: ProblemKind::NotStructural(message.into()) });
    }

    fn below(&mut self, step: &str, check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(step);
        check(self);
        self.path.truncate(length);
    }

    /// Checks a schema outside of `allOf`, `anyOf`, `oneOf` and `not`.
    fn complete(&mut self, schema: &Schema) {
        self.type_is_given(schema);
        self.extensions_fit(schema);
        for (step, child) in schema.children() {
            self.below(&step, |checker| checker.complete(child));
        }
        for (step, validation) in value_validations(schema) {
            self.below(&step, |checker| checker.value_validation(validation, schema));
        }
    }

    fn type_is_given(&mut self, schema: &Schema) {
        if schema.type_.is_none() && !schema.int_or_string && !schema.preserve_unknown_fields {
            self.report(schema, "type is missing; set the type of every property, item and value");
        }
        if schema.type_ == Some(Type::Array) && schema.items.is_none() {
            self.report(schema, "an array must have items");
        }
    }

    fn extensions_fit(&mut self, schema: &Schema) {
        if schema.embedded_resource && schema.type_ != Some(Type::Object) {
            self.report(schema, "x-kubernetes-embedded-resource needs type: object");
        }
        if schema.embedded_resource && schema.properties.is_empty() && !schema.preserve_unknown_fields {
            let message = "x-kubernetes-embedded-resource needs properties or x-kubernetes-preserve-unknown-fields";
            self.report(schema, message);
        }
        if !schema.list_map_keys.is_empty()
            && schema.items.as_ref().is_some_and(|items| items.type_ != Some(Type::Object))
        {
            self.report(schema, "x-kubernetes-list-map-keys needs items of type: object");
        }
    }

    /// The root's metadata may only restrict name and generateName.
    fn metadata(&mut self, metadata: &Schema) {
        let others: Vec<&String> =
            metadata.properties.keys().filter(|name| !matches!(name.as_str(), "name" | "generateName")).collect();
        if !others.is_empty() {
            let others: Vec<&str> = others.into_iter().map(String::as_str).collect();
            let message = format!("metadata may only restrict name and generateName, not {}", others.join(", "));
            self.below(".metadata", |checker| checker.report(metadata, message));
        }
    }

    /// Checks a schema inside of `allOf`, `anyOf`, `oneOf` or `not`: it has no structural fields, and names only fields
    /// of the outer schema.
    fn value_validation(&mut self, schema: &Schema, outer: &Schema) {
        let int_or_string = outer.int_or_string;
        let shape = [
            ("description", schema.description.is_some()),
            ("type", schema.type_.is_some() && !int_or_string),
            ("default", schema.default.is_some()),
            ("nullable", schema.nullable),
            ("additionalProperties", schema.additional_properties.is_some()),
            ("x-kubernetes-preserve-unknown-fields", schema.preserve_unknown_fields),
            ("x-kubernetes-embedded-resource", schema.embedded_resource),
            ("x-kubernetes-int-or-string", schema.int_or_string),
            ("x-kubernetes-list-type", schema.list_type.is_some()),
            ("x-kubernetes-list-map-keys", !schema.list_map_keys.is_empty()),
            ("x-kubernetes-map-type", schema.atomic_map),
        ];
        for (keyword, _) in shape.into_iter().filter(|(_, found)| *found) {
            self.report(
                schema,
                format!("{keyword} is not allowed here; set it in the schema outside of allOf, anyOf, oneOf and not"),
            );
        }
        for (name, inner) in &schema.properties {
            let known = outer.properties.get(name);
            self.inner(&format!(".{name}"), inner, known, outer.keeps_unknown() || has_values(outer));
        }
        if let Some(inner) = &schema.items {
            self.inner("[]", inner, outer.items.as_deref(), false);
        }
        for (step, inner) in value_validations(schema) {
            self.below(&step, |checker| checker.value_validation(inner, outer));
        }
    }

    fn inner(&mut self, step: &str, inner: &Schema, known: Option<&Schema>, open: bool) {
        self.below(step, |checker| match known {
            Some(known) => checker.value_validation(inner, known),
            None if open => {}
            None => checker.report(
                inner,
                "named here but not outside of allOf, anyOf, oneOf and not; add it to properties or items there",
            ),
        });
    }
}

fn has_values(schema: &Schema) -> bool {
    matches!(schema.additional_properties, Some(Additional::Schema(_)))
}

fn value_validations(schema: &Schema) -> Vec<(String, &Schema)> {
    let lists = [("allOf", &schema.all_of), ("anyOf", &schema.any_of), ("oneOf", &schema.one_of)];
    let mut found: Vec<(String, &Schema)> = Vec::new();
    for (keyword, schemas) in lists {
        found.extend(schemas.iter().enumerate().map(|(index, schema)| (format!(".{keyword}[{index}]"), schema)));
    }
    found.extend(schema.not.iter().map(|schema| (".not".to_owned(), schema.as_ref())));
    found
}
