//! Prints a widget.

use widget_client::example::v1::{Widget, WidgetSpec};

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&Widget::new("one", WidgetSpec::new(3)))?);
    Ok(())
}

#[test]
fn the_scheme_knows_widgets() {
    let json = serde_json::json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"size": 3}});
    let object = widget_client::scheme().decode(json.clone()).unwrap();
    assert_eq!(object.encode().unwrap(), json);
}
