//! Tests of the reader. Expected values are those of `sigs.k8s.io/yaml` v1.6.0.

use super::*;
use serde_json::json;

fn json_of(text: &str) -> serde_json::Value {
    parse(text.as_bytes()).unwrap()[0].to_json()
}

fn error_of(text: &str) -> (String, YamlError) {
    let (at, error) = parse(text.as_bytes()).unwrap_err();
    (at.to_string(), error)
}

#[test]
fn nodes_have_positions() {
    let node = &parse(b"a:\n  b: [1, x]\n").unwrap()[0];
    let list = node.get("a").unwrap().get("b").unwrap();
    assert_eq!(list.at.to_string(), "2:6");
    let Content::List(items) = &list.content else { panic!("not a list") };
    assert_eq!(items[1].at.to_string(), "2:10");
}

#[test]
fn json_is_read() {
    assert_eq!(json_of(r#"{"a": [1, "\u00e4", null, {"b": true}]}"#), json!({"a": [1, "ä", null, {"b": true}]}));
}

#[test]
fn empty_documents_are_skipped() {
    assert_eq!(parse(b"---\n# nothing\n---\na: 1\n---\n---\nb: 2\n").unwrap().len(), 2);
}

#[test]
fn quoted_scalars_are_strings() {
    assert_eq!(
        json_of("a: 'on'\nb: \"1\"\nc: |-\n  2\nd: !!str 3\n"),
        json!({"a": "on", "b": "1", "c": "2", "d": "3"})
    );
}

#[test]
fn keys_are_converted_to_text() {
    assert_eq!(json_of("on: 1\n2: 2\n"), json!({"true": 1, "2": 2}));
}

#[test]
fn aliases_and_merge_keys_are_resolved() {
    for key in ["<<", "!!merge <<"] {
        let text = format!("base: &b {{p: 1, q: 2}}\nmine:\n  {key}: *b\n  q: 3\nsame: *b\n");
        assert_eq!(
            json_of(&text),
            json!({"base": {"p": 1, "q": 2}, "mine": {"p": 1, "q": 3}, "same": {"p": 1, "q": 2}})
        );
    }
}

#[test]
fn duplicate_key_error_has_both_positions() {
    let (at, error) = error_of("a: 1\nb: 2\na: 3\n");
    assert_eq!(at, "3:1");
    assert_eq!(error.to_string(), "duplicate key \"a\", first at 1:1; remove one of them");
}

#[test]
fn malicious_texts_are_rejected() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        let items = vec![format!("*a{before}"); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(error_of(&bomb).1, YamlError::ExcessiveAliasing);
    assert_eq!(error_of("a: &a [*a]\n").1, YamlError::CyclicAlias("a".to_owned()));
    let deep = format!("{}{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
    assert!(matches!(error_of(&deep).1, YamlError::TooDeep | YamlError::Malformed(_)));
    assert_eq!(parse(b"a: \xff").unwrap_err().1, YamlError::NotUtf8);
    assert_eq!(error_of("? [a]\n: 1\n").1, YamlError::KeyType);
    assert!(matches!(error_of("a: .inf\n").1, YamlError::NotJson(_)));
    assert_eq!(error_of("a: *b\n").1, YamlError::UnknownAnchor("b".to_owned()));
    assert!(matches!(error_of("a: [1\nb: 2\n").1, YamlError::Malformed(_)));
    assert_eq!(parse(&vec![b' '; MAX_BYTES + 1]).unwrap_err().1, YamlError::TooLarge(MAX_BYTES + 1));
}

fn documents_of(text: &str) -> Vec<serde_json::Value> {
    parse(text.as_bytes()).unwrap().iter().map(Node::to_json).collect()
}

fn is_error(text: &str) -> bool {
    parse(text.as_bytes()).is_err()
}

#[test]
fn number_keys_match_those_stored_by_kubernetes() {
    assert_eq!(
        json_of("1.0: a\n1e6: b\n0x1F: c\n1_0: d\n.inf: e\n2001-01-01: f\n\"1.50\": g\n"),
        json!({"1": "a", "1e+06": "b", "31": "c", "10": "d", ".inf": "e", "2001-01-01": "f", "1.50": "g"})
    );
    for text in ["~: 1\n", "?\n: 1\n", "[a]: 1\n", "? {a: 1}\n: 1\n", "9223372036854775808: 1\n"] {
        assert_eq!(error_of(text).1, YamlError::KeyType, "{text}");
    }
}

#[test]
fn tags_convert_values_or_are_rejected() {
    for (text, value) in [
        ("!!str 1", json!("1")),
        ("!!int \"3\"", json!(3)),
        ("!!float 1", json!(1)),
        ("!!float '1.5'", json!(1.5)),
        ("!!bool \"on\"", json!(true)),
        ("!!binary aGk=", json!("hi")),
        ("!!binary /w==", json!("\u{fffd}")),
        ("!!timestamp 2001-12-14t21:59:43.10-05:00", json!("2001-12-14t21:59:43.10-05:00")),
        ("!foo 1", json!("1")),
        ("! 1", json!("1")),
        ("!!foo", json!("")),
        ("!<tag:yaml.org,2002:int> '1'", json!(1)),
        ("!!str {b: 1}", json!({"b": 1})),
        ("!!set [1]", json!([1])),
    ] {
        assert_eq!(json_of(&format!("a: {text}\n")), json!({"a": value}), "{text}");
    }
    for text in
        ["!!int 1.5", "!!bool 1", "!!null x", "!!float a", "!!binary a", "!!binary aGk", "!!timestamp 2001-02-29"]
    {
        assert!(matches!(error_of(&format!("a: {text}\n")).1, YamlError::Tag { .. }), "{text}");
    }
    assert!(is_error("a: !e!foo 1\n"));
}

#[test]
fn tag_directives_define_handles() {
    let read = |text: &str| parse_with_duplicates(text.as_bytes()).map(|(documents, _)| documents[0].to_json());
    assert_eq!(read("%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1\n").unwrap(), json!({"a": "1"}));
    assert_eq!(read("%YAML 1.1\n---\na: 1\n").unwrap(), json!({"a": 1}));
    assert!(read("%YAML 1.2\n---\na: 1\n").is_err());
    // kubectl treats the text before the separator as a separate document.
    assert!(is_error("%YAML 1.1\n---\na: 1\n"));
}

#[test]
fn merge_keys_replace_previous_entries() {
    assert_eq!(
        json_of("b: &b {p: 1, q: 2}\nm:\n  q: 3\n  <<: [*b, {q: 4, r: 5}]\n  r: 6\n"),
        json!({"b": {"p": 1, "q": 2}, "m": {"p": 1, "q": 2, "r": 6}})
    );
    assert_eq!(json_of("\"<<\": {p: 1}\n"), json!({"<<": {"p": 1}}));
    assert_eq!(error_of("l: &l [{a: 1}]\n<<: *l\n").1, YamlError::Merge);
    let (_, duplicates) = parse_with_duplicates(b"<<: {a: 1}\na: 2\n").unwrap();
    assert_eq!(duplicates[0].name, "a");
}

#[test]
fn later_anchors_replace_anchors_of_the_same_name() {
    assert_eq!(json_of("a: &a 1\nb: &a 2\nc: *a\n"), json!({"a": 1, "b": 2, "c": 2}));
    assert_eq!(json_of("? &a on\n: 1\nb: *a\n"), json!({"true": 1, "b": true}));
}

#[test]
fn excessive_aliasing_is_rejected() {
    let aliases =
        |count: usize| format!("a: &a [x, x, x, x, x, x, x, x, x, x]\nb: [{}]\n", vec!["*a"; count].join(", "));
    assert_eq!(documents_of(&aliases(1000)).len(), 1);
    let copies = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 300].join(", "));
    assert_eq!(error_of(&copies).1, YamlError::ExcessiveAliasing);
}

#[test]
fn files_are_split_before_parsing() {
    assert_eq!(
        documents_of("a: |\n  x\n--- # comment\nb: 1\n---\r\n--- \nc: 2"),
        [json!({"a": "x\n"}), json!({"b": 1}), json!({"c": 2})]
    );
    assert_eq!(error_of("a: 1\n--- b\n"), ("2:4".to_owned(), YamlError::Separator));
    assert_eq!(error_of("---b: 1\n").1, YamlError::Separator);
    assert!(is_error("a: \"b\n---\nc\"\n"));
    let (at, _) = error_of("a: 1\n---\nb: [\n---\n");
    assert_eq!(at, "4:1");
}

#[test]
fn documents_after_an_end_marker_are_ignored() {
    assert_eq!(documents_of("a: 1\n...\nb: 2\n---\nc: 3\n"), [json!({"a": 1}), json!({"c": 3})]);
    assert_eq!(parse_with_duplicates(b"a: 1\n---\nb: 2\n").unwrap().0.len(), 1);
}

#[test]
fn consecutive_json_objects_are_read() {
    assert_eq!(
        documents_of("{\"a\": 1}{\"b\": 1e3}\n\n {\"c\": \"\\ud83d\\ude00\\/\"}"),
        [json!({"a": 1}), json!({"b": 1000}), json!({"c": "\u{1F600}/"})]
    );
    assert_eq!(documents_of("{\"a\": 1}\n---\nb: 2\n"), [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(documents_of("{a: 1, b: [c]}\n"), [json!({"a": 1, "b": ["c"]})]);
    assert!(is_error("{\"a\": 1}{\"b\": 2}\n---\nc: 3\n"));
    assert!(is_error("{\"a\": 1e400}"));
    assert_eq!(error_of("{\"a\": 1,\n \"ä\": {\"b\": 1, \"b\": 2}}").0, "2:16");
}

#[test]
fn byte_order_marks_at_the_start_of_documents_are_removed() {
    assert_eq!(documents_of("\u{FEFF}a: 1\n---\n\u{FEFF}b: 2\n"), [json!({"a": 1}), json!({"b": 2})]);
    // The first separator belongs to the document after it, so that the mark is a part of the key.
    assert_eq!(documents_of("---\n\u{FEFF}a: 1\n"), [json!({"\u{FEFF}a": 1})]);
}

#[test]
fn utf_16_is_supported_as_in_kubernetes() {
    let units: Vec<u16> = "\u{FEFF}a: ä\n".encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for body in [&little, &big] {
        assert_eq!(parse_with_duplicates(body).unwrap().0[0].to_json(), json!({"a": "ä"}));
    }
    assert_eq!(parse(&big).unwrap()[0].to_json(), json!({"a": "ä"}));
    // kubectl adds a single byte as the last line break, which little-endian text never ends with.
    assert_eq!(parse(&little).unwrap_err().1, YamlError::NotUtf8);
}

#[test]
fn grammar_is_yaml_1_1() {
    for (text, value) in [
        ("{a:1}", json!({"a:1": null})),
        ("{a: 1, b, \"c\":2}", json!({"a": 1, "b": null, "c": 2})),
        ("[a: 1, ? b]", json!([{"a": 1}, {"b": null}])),
        ("\"a\"#b", json!("a")),
        ("a\n #b", json!("a")),
        ("a: b\n  c\n\n  d", json!({"a": "b c\nd"})),
        ("a: >\n  b\n   c\n  d\n\n  e\n", json!({"a": "b\n c\nd\ne\n"})),
    ] {
        assert_eq!(json_of(&format!("{text}\n")), value, "{text:?}");
    }
    for text in ["a: b: c", "a: - b", "\ta: 1", "a: \"\\/\"", "a: \"\\ud800\"", "a: @b", "a: %b", "a\nb: 1", "a: \u{7}"]
    {
        assert!(is_error(text), "{text:?}");
    }
}

#[test]
fn deep_nesting_does_not_overflow_a_small_stack() {
    let deep = |open: &str, close: &str, levels| format!("{}{}\n", open.repeat(levels), close.repeat(levels));
    let read = move || {
        assert!(parse(deep("[", "]", MAX_DEPTH).as_bytes()).is_ok());
        assert!(parse(deep("{\"a\":", "1}", 1).as_bytes()).is_ok());
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("{\"a\":[", "]}")] {
            let text = deep(open, close, 100_000);
            assert!(parse(text.as_bytes()).is_err(), "{open}");
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap().join().unwrap();
}

#[test]
fn duplicates_of_all_documents_have_lines_of_the_file() {
    let (documents, duplicates) =
        super::parse_all_with_duplicates(b"a: 1\na: 2\n---\nb: 1\nc:\n  d: 1\n  d: 2\n").unwrap();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0].to_json(), json!({"a": 2}));
    let found: Vec<_> = duplicates.iter().map(|key| (key.name.as_str(), key.at.line)).collect();
    assert_eq!(found, [("a", 2), ("d", 7)]);
}
