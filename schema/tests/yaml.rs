//! The property of the YAML writer: its output reads as the written value.

use kube_structural_schema::yaml::{parse, write};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(text: &str) -> Value {
    let documents = parse(text.as_bytes()).unwrap_or_else(|(at, error)| panic!("{at}: {error}\n{text}"));
    // A null document is skipped.
    documents.first().map_or(Value::Null, kube_structural_schema::yaml::Node::to_json)
}

/// Returns a strategy for strings, most of which could be read as another type.
fn text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        " ",
        "~",
        "null",
        "true",
        "on",
        "y",
        "N",
        "1",
        "0o17",
        "0x1F",
        "1e3",
        ".5",
        "-",
        "- a",
        "a: b",
        "a:",
        ":a",
        "#",
        "a #b",
        "a#b",
        "'",
        "\"",
        "it's",
        "%",
        "@",
        "`",
        "&a",
        "*",
        "!",
        "!!str",
        "|",
        ">",
        "[",
        "]",
        "{}",
        ",",
        "a, b",
        "?",
        "? a",
        "2001-01-01",
        "2001-01-01T00:00:00Z",
        "---",
        "...",
        "a\n",
        "a\nb",
        "\na",
        "a\n\nb\n",
        "a\n\n",
        "  a\nb",
        "a \nb",
        "\t",
        "a\tb",
        "a\r\nb",
        "\u{85}",
        "\u{feff}",
        "ü",
        "😀",
        "a\u{0}b",
        ".inf",
        ".nan",
        "=",
        "<<",
        "12:30:45",
        "1_000",
        "+1",
        "a  b",
        "- ",
        "-a",
        "--- a",
        "a\n---\nb",
        "a\n# b\n",
        "key: |\n  x",
        "\u{2028}",
        "\u{7f}",
    ];
    prop_oneof![proptest::sample::select(odd.to_vec()).prop_map(str::to_owned), "[ -~\\n]{0,12}", ".{0,8}",]
}

fn is_float(number: f64) -> bool {
    number.is_finite() && (number.fract() != 0.0 || number.abs() > 1e19)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("integral floats are read as integers", |number| is_float(*number))
            .prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let map = proptest::collection::btree_map(text(), inner.clone(), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            map.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn written_values_round_trip(value in value()) {
        let text = write(&value);
        prop_assert_eq!(read(&text), value, "{}", text);
    }
}

#[test]
fn objects_are_formatted_as_by_kubectl() {
    let object = json!({
        "apiVersion": "v1",
        "data": {"on": "true", "script": "a\nb\n", "time": "2026-01-01T00:00:00Z", "url": "https://example.com:80/#x"},
        "items": [{"name": "a", "ports": [80, 443]}, [], {}],
    });
    let expected = "\
apiVersion: v1
data:
  \"on\": \"true\"
  script: |
    a
    b
  time: \"2026-01-01T00:00:00Z\"
  url: https://example.com:80/#x
items:
- name: a
  ports:
  - 80
  - 443
- []
- {}
";
    assert_eq!(write(&object), expected);
}
