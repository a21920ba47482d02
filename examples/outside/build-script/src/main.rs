//! Reads a widget and writes it again.

include!(concat!(env!("OUT_DIR"), "/client.rs"));

use client::example::v1::{Widget, WidgetSpec};

fn main() -> Result<(), serde_json::Error> {
    let widget = Widget::new("one", WidgetSpec::new(3));
    println!("{}", serde_json::to_string_pretty(&widget)?);
    Ok(())
}

#[test]
fn a_widget_comes_back_the_same() {
    let json = serde_json::json!({
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"size": 3, "colour": "blue"},
    });
    let widget: Widget = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&widget).unwrap(), json);
}

#[cfg(feature = "apply")]
#[test]
fn an_apply_configuration_contains_what_was_set() {
    use client::applyconfigurations::example::v1::*;

    let spec = WidgetSpecApplyConfiguration::new().with_size(3);
    let widget = WidgetApplyConfiguration::new("one", "default").with_spec(spec);
    let expected = serde_json::json!({
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one", "namespace": "default"},
        "spec": {"size": 3},
    });
    assert_eq!(serde_json::to_value(&widget).unwrap(), expected);
}
