//! What client-go 0.37.2 returns for the same paths.

use serde_json::{Value, json};

use super::{JsonPath, JsonPathError};

/// Paths, and the values that they find.
const FOUND: &[(&str, &str)] = &[
    (".a.list", "[[1,2,3]]"),
    (r".a.b\.c", "[1]"),
    (".a['b.c']", "[7]"),
    (r".a['b\.c']", "[1]"),
    (".a.list[0]", "[1]"),
    (".a.list[-1]", "[3]"),
    (".a.list[-1:]", "[3]"),
    (".a.list[0:2]", "[1,2]"),
    (".a.list[::2]", "[1,3]"),
    (".a.list[0,2]", "[1,3]"),
    (".a.list[0, 2]", "[1,3]"),
    (".a.list[*]", "[1,2,3]"),
    (".a.list[]", "[1]"),
    (".a.list[1:1]", "[]"),
    (".a.nothing.at.all", "[]"),
    (".a.nothing[0]", "[]"),
    (".a.null", "[null]"),
    (".a.null.b", "[]"),
    (".a.null[0]", "[]"),
    (".a.text.x", "[]"),
    (".a..c", "[7]"),
    ("..n", "[2,3]"),
    (".a.list..", "[[1,2,3]]"),
    (".", "[]"),
    (".[0]", "[]"),
    ("$.a.float", "[1.5]"),
    ("@.a.yes", "[true]"),
    (".conditions[*].type", r#"["Ready","Synced"]"#),
    (r#".conditions[?(@.type=="Ready")].status"#, r#"["True"]"#),
    (".conditions[?(@.type == 'Synced')].status", r#"["False"]"#),
    (".conditions[?(@.n>2)].type", r#"["Synced"]"#),
    (".conditions[?(@.n>=2)].type", r#"["Ready","Synced"]"#),
    (".conditions[?(@.n!=2)].type", r#"["Synced"]"#),
    (".conditions[?(@.n<3)].type", r#"["Ready"]"#),
    (".conditions[?(@.nothing)].type", "[]"),
    (".conditions[?(@.n)].type", r#"["Ready","Synced"]"#),
    (".conditions[?(@.type<'S')].type", r#"["Ready"]"#),
    (r#".conditions[?(@.type=="a)b")].type"#, "[]"),
    (".conditions[?(@.type=)]", "[]"),
    (".conditions[?(@.type[0])].n", "[2,3]"),
    (".conditions[?(@.n==@.n)].type", r#"["Ready","Synced"]"#),
    (".a.list[?(@>1)]", "[2,3]"),
    (".a 'x'", r#"["x"]"#),
    (".a 5", "[5]"),
    (r#""x""#, r#"["x"]"#),
    ("5", "[5]"),
    ("true", "[true]"),
    ("...", "[]"),
    (".conditions[0]['type','status']", r#"["Ready","True"]"#),
    (".conditions[*]['type','status']", r#"["Ready","Synced","True","False"]"#),
    (".a['list'][1]", "[2]"),
    (".a.empty[*]", "[]"),
    (".a.empty[?(@.x)]", "[]"),
    (r#".conditions[?(@.type=="Rea\"dy")].n"#, "[]"),
    (".a.list[:2]", "[1,2]"),
    (".a.list[1:]", "[2,3]"),
];

/// Paths that are not valid or do not fit the object, and the messages.
const ERRORS: &[(&str, &str)] = &[
    ("a.list", "unrecognized identifier a"),
    (".a.list[9]", "array index out of bounds: index 9, length 3"),
    (".a.list[-9]", "array index out of bounds: index -6, length 3"),
    (".a.list[2:1]", "starting index 2 is greater than ending index 1"),
    (".a.list[::0]", "step must be > 0"),
    (".a.list[-]", "array index - is not a number"),
    (".a.list[x]", "invalid array index x"),
    (".a.list[0", "unterminated array"),
    (".a.null[?(@.x)]", "<nil> is not array or slice and cannot be filtered"),
    (".a[0]", "map[string]interface {} is not array or slice"),
    (".a.text[0]", "string is not array or slice"),
    (".a.text[*]", "string is not array or slice"),
    (".conditions[?(@.n<=2.5)].type", "incompatible types for comparison"),
    (".conditions[?(@.n=='2')].type", "incompatible types for comparison"),
    (".conditions[?(@.n==true)].type", "incompatible types for comparison"),
    (".conditions[?(@==true)].type", "invalid type for comparison"),
    (".conditions[?(@.type==", "unterminated filter"),
    (r#".conditions[?(@.type=="x""#, "unterminated filter"),
    (r#".conditions[?(@.type=="x")"#, "unclosed array expect ]"),
    (".conditions[?(@.type===5)]", "unrecognized filter operator ==="),
    (".conditions[?(=5)]", "unrecognized character in action: U+003D '='"),
    (r#".conditions[?(@.type=="Ready" && @.status=="True")].n"#, "unrecognized character in action: U+0026 '&'"),
    (r#".conditions[?(@.type=~"R")].n"#, "unrecognized character in action: U+007E '~'"),
    (".conditions[?(@.n==1.2.3)].n", "cannot parse number 1.2.3"),
    (".conditions[?(@.n==@..)].type", "can only compare one element at a time"),
    (
        ".a[?(@.b)]",
        "map[b:map[c:7] b.c:1 empty:[] float:1.5 list:[1 2 3] null:<nil> text:abc yes:true] is not array or slice and cannot be filtered",
    ),
    (".a.text[?(@.b)]", "abc is not array or slice and cannot be filtered"),
    (".a.list[?(@==1.5)]", "incompatible types for comparison"),
    (".a b", "unrecognized identifier b"),
    (".a]", "unrecognized character in action: U+005D ']'"),
    (".a{b", "unrecognized character in action: U+007B '{'"),
    (".a end", "not in range, nothing to end"),
    (r#".a "x"#, "unterminated quoted string"),
    ("....a", "invalid multiple recursive descent"),
    ("..*", "unrecognized character in action: U+002A '*'"),
    (r#".conditions[0]["type"]"#, r#"invalid array index "type""#),
    (".a.empty[0]", "array index out of bounds: index 0, length 0"),
    (r".a\", "unclosed action"),
    (r"'\x'", r"unquote string '\x' error invalid syntax"),
    (".a.list[0:9]", "array index out of bounds: index 8, length 3"),
    (".a,b", "unrecognized character in action: U+002C ','"),
];

fn find(path: &str) -> Result<Vec<Value>, JsonPathError> {
    let object = json!({
        "a": {
            "b.c": 1, "b": {"c": 7}, "list": [1, 2, 3], "empty": [], "null": null, "text": "abc", "float": 1.5, "yes": true,
        },
        "conditions": [
            {"type": "Ready", "status": "True", "n": 2},
            {"type": "Synced", "status": "False", "n": 3},
        ],
    });
    Ok(JsonPath::parse(path)?.find(&object)?.into_iter().cloned().collect())
}

#[test]
fn paths_find_the_values_that_client_go_finds() {
    for (path, expected) in FOUND {
        let expected: Vec<Value> = serde_json::from_str(expected).unwrap();
        assert_eq!(find(path), Ok(expected), "{path}");
    }
}

#[test]
fn errors_have_the_messages_of_client_go() {
    for (path, message) in ERRORS {
        assert_eq!(find(path).unwrap_err().to_string(), *message, "{path}");
    }
}

#[test]
fn recursion_finds_texts_and_containers_with_content() {
    let object = json!({"a": [1, "x", "", {}, {"b": null}]});
    let path = JsonPath::parse("..").unwrap();
    let found = path.find(&object).unwrap();
    assert_eq!(found, [&object, &object["a"], &json!("x"), &json!({"b": null})]);
}

#[test]
fn paths_that_visit_too_many_values_are_refused() {
    let object = (0..40).fold(json!(1), |inner, _| json!({"a": inner}));
    let doubling = JsonPath::parse(&"['a','a']".repeat(40)).unwrap();
    assert_eq!(doubling.find(&object).unwrap_err().to_string(), "the path visits too many values");
    let nested = format!("{}.a{}", "[?(@".repeat(10_000), ")]".repeat(10_000));
    assert_eq!(JsonPath::parse(&nested).unwrap_err().to_string(), "the path has too many filters");
}
