//! Constants for types and reasons of conditions.

use camino::Utf8Path;

use super::*;

/// Returns the constants of a widget: those after `condition_names! {`.
fn constants(definition: &Source, config: &str) -> Vec<String> {
    let config = Config::parse(config).unwrap();
    let generated = generate(std::slice::from_ref(definition), &config, &Lock::default(), "").unwrap();
    let text = &generated.tree[Utf8Path::new("src/example/v1/widget.rs")];
    let Some((_, rest)) = text.split_once("condition_names! {\n    Widget {\n") else { return Vec::new() };
    let (entries, _) = rest.split_once("\n    }").unwrap();
    entries.lines().map(|line| line.trim().trim_end_matches(',').to_owned()).collect()
}

const STATUS: &str = "status: {type: object, properties: {conditions: {type: array, items: {type: object, properties: {type: {type: string, enum: [Ready, In-Sync, \"not valid\"]}, reason: {type: string, enum: [Done]}}}}}}";

fn widget(columns: &str, status: &str) -> Source {
    let text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.example.com}}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {{kind: Widget, plural: widgets}}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    additionalPrinterColumns: [{columns}]\n    schema: {{openAPIV3Schema: {{type: object, properties: {{{status}}}}}}}\n"
    );
    Source::new("widgets.yaml", text)
}

#[test]
fn enums_columns_and_configuration_name_conditions() {
    let column = "{name: A, type: string, jsonPath: '.status.conditions[?(@.type==\"Healthy\")].status'}";
    assert_eq!(constants(&widget(column, ""), ""), ["CONDITION_HEALTHY = \"Healthy\""]);
    let expected = ["CONDITION_IN_SYNC = \"In-Sync\"", "CONDITION_READY = \"Ready\"", "REASON_DONE = \"Done\""];
    assert_eq!(constants(&widget("", STATUS), ""), expected);
    let config = "[conditions]\nWidget = [\"example.com/Ready\"]\n[reasons]\nWidget = [\"QuotaExceeded\"]\n";
    let expected = ["CONDITION_EXAMPLE_COM_READY = \"example.com/Ready\"", "REASON_QUOTA_EXCEEDED = \"QuotaExceeded\""];
    assert_eq!(constants(&widget("", ""), config), expected);
    assert_eq!(constants(&widget("", ""), ""), Vec::<String>::new());
}

#[test]
fn names_of_conditions_in_the_configuration_are_checked() {
    let error = |config: &str| {
        let config = Config::parse(config).unwrap();
        generate(&[widget("", "")], &config, &Lock::default(), "").unwrap_err().to_string()
    };
    assert_eq!(
        error("[conditions]\nwidget = [\"Ready\"]\n"),
        "codegen.toml:2:1: conditions: \"widget\" is not in any of the CRDs; did you mean \"Widget\"?"
    );
    assert_eq!(
        error("[reasons]\nWidget = [\"not valid\"]\n"),
        "codegen.toml:2:1: reasons: \"not valid\" for \"Widget\": must have the form of a type or reason of conditions, such as Ready or example.com/Ready"
    );
}
