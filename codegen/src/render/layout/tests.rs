use proptest::prelude::*;

use super::*;

fn is_as_prettyplease_lays_it_out(text: &str) {
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(prettyplease::unparse(&file), text);
}

fn text_of(item: &Item) -> String {
    let mut text = String::new();
    super::item(&mut text, item, Scope::FILE);
    text
}

fn path() -> impl Strategy<Value = String> {
    "[A-Z][a-z]{1,60}".prop_recursive(3, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| format!("Vec<{of}>")),
            inner.clone().prop_map(|of| format!("::std::option::Option<{of}>")),
            (inner.clone(), inner).prop_map(|(key, value)| format!("BTreeMap<{key}, {value}>")),
        ]
    })
}

fn serde() -> impl Strategy<Value = String> {
    let attribute = prop_oneof![
        Just("default".to_owned()),
        Just("flatten".to_owned()),
        "[a-z]{1,50}".prop_map(|name| format!("rename = {name:?}")),
        Just("skip_serializing_if = \"::std::option::Option::is_none\"".to_owned()),
    ];
    prop::collection::vec(attribute, 0..4).prop_map(|attributes| attributes.join(", "))
}

fn member() -> impl Strategy<Value = Member> {
    ("[ -~\n]{0,60}", serde(), "[a-z]{1,70}_x", path()).prop_map(|(docs, serde, name, type_)| Member {
        docs,
        serde,
        code: format!("pub {name}: {type_}"),
    })
}

fn parameter() -> impl Strategy<Value = (String, String)> {
    ("[a-z]{1,70}_x", path(), 0..4).prop_map(|(name, type_, mode)| match mode {
        0 => (format!("{name}: {type_}"), name),
        1 => (format!("{name}: impl Into<{type_}>"), format!("{name}: {name}.into()")),
        2 => (format!("{name}: impl Into<{type_}>"), format!("{name}: Some({name}.into())")),
        _ => (
            format!("{name}: impl IntoIterator<Item = impl Into<{type_}>>"),
            format!("{name}: {name}.into_iter().map(Into::into).collect()"),
        ),
    })
}

proptest! {
    #[test]
    fn a_type_is_laid_out_as_by_prettyplease(
        docs in "[ -~\n]{0,200}",
        members in prop::collection::vec(member(), 0..5),
    ) {
        let item = Item::type_("struct Widget", members).docs(docs).attribute("derive(Clone, Debug)");
        is_as_prettyplease_lays_it_out(&text_of(&item));
    }

    #[test]
    fn a_constructor_is_laid_out_as_by_prettyplease(
        parameters in prop::collection::vec(parameter(), 1..10),
        has_rest in any::<bool>(),
    ) {
        let (parameters, values): (Vec<String>, Vec<String>) = parameters.into_iter().unzip();
        let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
        let rest = has_rest.then_some("Default::default()");
        let code = Code::Struct { of: "Self".to_owned(), values, rest };
        let new = Item::function("pub fn new", &parameters, "Self", code).docs("Creates a `Widget`.");
        is_as_prettyplease_lays_it_out(&text_of(&Item::methods("Widget", vec![new])));
    }

    #[test]
    fn an_accessor_is_laid_out_as_by_prettyplease(
        name in "[a-z]{1,70}_x",
        (of, argument) in ("[a-z]{1,40}_x(::[a-z]{1,20}_x){0,2}", "[a-z]{1,30}_x"),
        type_ in "[A-Z][a-z]{1,60}",
        features in prop::collection::vec("[a-z]{1,20}", 0..5),
    ) {
        let cfg: Vec<String> = features.iter().map(|name| format!("feature = \"{name}\"")).collect();
        let cfg = (!cfg.is_empty()).then(|| format!("any({})", cfg.join(", ")));
        let code = Code::Text(format!("self.client.namespaced({argument})"));
        let method = Item::function(&format!("pub fn {name}"), &["&self", "namespace: &str"], format!("Namespaced<{of}::{type_}>"), code);
        is_as_prettyplease_lays_it_out(&text_of(&Item::methods("Widgets", vec![method.cfg(cfg)])));
    }
}

#[test]
fn an_entry_is_broken_outside_of_literals() {
    let literal = format!("\"{}\"", "a b ".repeat(40));
    assert_eq!(wrapped(&format!("x: {literal}, y")), ["x:".to_owned(), format!("    {literal},"), "    y".to_owned()]);
    assert_eq!(wrapped("short: \"a\\\" b\","), ["short: \"a\\\" b\","]);
}
