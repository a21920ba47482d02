//! Identifiers for arbitrary names of a schema.
//!
//! A name tries forms until one is free: first the plain one, then with its signs spelled
//! out, then with its capitals spelled out, which distinguishes any two names.

use std::collections::{BTreeMap, HashSet};

use super::words::{capitalized, pascal, pascal_with_initialisms, serde_camel, snake, split};

/// Keywords of all editions. All but the first four may be written raw, `r#type`.
const KEYWORDS: [&str; 53] = [
    "self", "Self", "super", "crate", "abstract", "as", "async", "await", "become", "box", "break", "const",
    "continue", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "_",
];

/// Whether Rust has a word for itself, in any edition.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// An identifier in snake case that Rust takes: raw for a keyword, with `_` behind the few that cannot be raw.
pub(crate) fn legal(ident: String) -> String {
    match ident.as_str() {
        "self" | "Self" | "super" | "crate" | "_" => format!("{ident}_"),
        keyword if KEYWORDS.contains(&keyword) => format!("r#{ident}"),
        _ if ident.starts_with(|first: char| first.is_ascii_digit()) => format!("n{ident}"),
        _ => ident,
    }
}

/// Whether Rust takes this as the name of a type.
pub(crate) fn is_type_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && name != "Self"
}

/// A module's identifier and file name: keywords get a `_`, because a file cannot be raw.
pub(crate) fn module(name: &str) -> String {
    let plain = snake(name);
    let reserved = KEYWORDS.contains(&plain.as_str()) || ["types", "mod", "lib", "main"].contains(&plain.as_str());
    if plain.is_empty() || reserved { format!("{plain}_") } else { legal(plain) }
}

/// Field identifiers of all properties of a struct; `published` ones stay, and so does `rest`, the field for all others.
pub(crate) fn fields<'n>(
    names: &[&'n str],
    rest: Option<&str>,
    published: &BTreeMap<String, String>,
) -> BTreeMap<&'n str, String> {
    let mut order: Vec<&str> = names.to_vec();
    // A name that is the same in both cases has precedence for the plain identifier.
    order.sort_by_cached_key(|name| (serde_camel(&legal(snake(name))) != *name, *name));
    let rung = |name: &str, rung: usize| {
        if name.is_empty() {
            return ["empty", "empty_name", "empty_field", "empty_property"][rung].to_owned();
        }
        let ident = match rung {
            0 => snake(name),
            1 => snake(&signs_spelled(name)),
            2 => cased(name),
            _ => capitals_spelled(name),
        };
        if ident.is_empty() { ident } else { legal(ident) }
    };
    climb(&order, published, rest.map(str::to_owned).into_iter().collect(), rung)
}

/// Variant identifiers of all values of an enum, as text; `prefix` precedes a digit.
pub(crate) fn variants<'n>(
    values: &[&'n str],
    prefix: &str,
    taken: HashSet<String>,
    published: &BTreeMap<String, String>,
) -> BTreeMap<&'n str, String> {
    let prefix =
        if prefix.is_empty() || prefix.starts_with(|first: char| first.is_ascii_digit()) { "Value" } else { prefix };
    let variant = |words: String| match words.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("{prefix}{words}"),
        _ if words == "Self" => "SelfValue".to_owned(),
        _ => words,
    };
    let rung = |value: &str, rung: usize| {
        if value.is_empty() {
            return ["Empty", "EmptyString", "EmptyValue", "EmptyText"][rung].to_owned();
        }
        let words = match rung {
            0 if !split(value).is_empty() && !value.starts_with(['-', '+']) => pascal_with_initialisms(value),
            0 | 1 => pascal(&signs_spelled(value)),
            2 => pascal(&cased(value)),
            _ => pascal(&capitals_spelled(value).replace("_upper_", "_Upper_")),
        };
        if words.is_empty() { words } else { variant(words) }
    };
    let mut order: Vec<&str> = values.to_vec();
    // A value that equals its variant comes first, then the others in alphabetical order.
    order.sort_by_cached_key(|value| (pascal_with_initialisms(value) != *value, *value));
    climb(&order, published, taken, rung)
}

/// Gives each name the first of its four forms that is free; the last differs for any two names.
fn climb<'n>(
    names: &[&'n str],
    published: &BTreeMap<String, String>,
    mut taken: HashSet<String>,
    rung: impl Fn(&str, usize) -> String,
) -> BTreeMap<&'n str, String> {
    let mut idents = BTreeMap::new();
    for name in names {
        if let Some(ident) = published.get(*name) {
            taken.insert(ident.clone());
            idents.insert(*name, ident.clone());
        }
    }
    for name in names {
        if idents.contains_key(name) {
            continue;
        }
        let free = (0..4).map(|at| rung(name, at)).find(|rung| !rung.is_empty() && !taken.contains(rung));
        let ident = free.unwrap_or_else(|| unique(&rung(name, 3), &taken));
        taken.insert(ident.clone());
        idents.insert(*name, ident);
    }
    idents
}

/// If the last form is the plain form of another name (`upper_a`), it is repeated.
fn unique(rung: &str, taken: &HashSet<String>) -> String {
    let mut ident = rung.to_owned();
    while taken.contains(&ident) {
        ident.push_str(if rung.starts_with(|first: char| first.is_ascii_uppercase()) { "Spelled" } else { "_spelled" });
    }
    ident
}

/// A name with every sign as a word: `a/b` becomes `a_slash_b`. Empty text stays empty.
fn signs_spelled(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter);
        } else {
            out.push('_');
            out.push_str(&sign(letter));
            out.push('_');
        }
    }
    out
}

/// A name in small letters with every sign as a word, and with a word for the case where all letters or the first alone are
/// capitals: `URL` becomes `upper_url` and `Url` `capital_url`.
fn cased(name: &str) -> String {
    let mut letters = name.chars().filter(char::is_ascii_alphabetic);
    let starts = letters.next().is_some_and(|first| first.is_ascii_uppercase());
    let (capitals, others) = letters.partition::<Vec<char>, _>(char::is_ascii_uppercase);
    let word = match (starts, capitals.is_empty(), others.is_empty()) {
        (true, _, true) => "upper",
        (true, true, false) => "capital",
        _ => return capitals_spelled(name),
    };
    format!("{word}_{}", snake(&signs_spelled(name).to_ascii_lowercase()))
}

/// A name in small letters with every sign and every capital as a word.
fn capitals_spelled(name: &str) -> String {
    let mut out = String::new();
    for letter in signs_spelled(name).chars() {
        if letter.is_ascii_uppercase() {
            out.extend(["_upper_", &letter.to_ascii_lowercase().to_string()]);
        } else {
            out.push(letter);
        }
    }
    out.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

fn sign(sign: char) -> String {
    let word = match sign {
        '_' => "underscore",
        '-' => "dash",
        '.' => "dot",
        '/' => "slash",
        '\\' => "backslash",
        ':' => "colon",
        ';' => "semicolon",
        ',' => "comma",
        ' ' => "space",
        '$' => "dollar",
        '@' => "at",
        '#' => "hash",
        '%' => "percent",
        '&' => "and",
        '*' => "star",
        '+' => "plus",
        '=' => "equals",
        '<' => "less",
        '>' => "greater",
        '!' => "not",
        '?' => "question",
        '|' => "pipe",
        '~' => "tilde",
        '^' => "caret",
        '(' => "open",
        ')' => "close",
        '[' => "bracket",
        ']' => "endbracket",
        '{' => "brace",
        '}' => "endbrace",
        '"' => "quote",
        '\'' => "apostrophe",
        '`' => "backtick",
        other => return format!("u{:x}", u32::from(other)),
    };
    word.to_owned()
}

/// A path's words as a type's name, with all signs and capitals spelled out.
pub(crate) fn spelled_pascal(name: &str) -> String {
    capitals_spelled(name).split('_').map(capitalized).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_idents(names: &[&str]) -> Vec<(String, String)> {
        fields(names, None, &BTreeMap::new()).into_iter().map(|(name, ident)| (name.to_owned(), ident)).collect()
    }

    fn expect(names: &[(&str, &str)]) {
        let only: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        let mut want: Vec<(String, String)> =
            names.iter().map(|(name, ident)| ((*name).to_owned(), (*ident).to_owned())).collect();
        want.sort();
        assert_eq!(field_idents(&only), want);
    }

    #[test]
    fn fields_are_snake_case_and_keywords_are_raw() {
        expect(&[
            ("backendRef", "backend_ref"),
            ("type", "r#type"),
            ("self", "self_"),
            ("gen", "r#gen"),
            ("apiVersion", "api_version"),
        ]);
    }

    #[test]
    fn names_that_are_no_identifiers_become_some() {
        expect(&[
            ("$ref", "r#ref"),
            ("-", "dash"),
            ("_", "underscore"),
            ("1st", "n1st"),
            ("a.b/c", "a_b_c"),
            ("ä", "ue4"),
            ("", "empty"),
        ]);
    }

    #[test]
    fn names_that_collide_climb_the_ladder() {
        expect(&[("fooBar", "foo_bar"), ("foo_bar", "foo_underscore_bar"), ("foo-bar", "foo_dash_bar")]);
        expect(&[("url", "url"), ("URL", "upper_url"), ("Url", "capital_url"), ("uRl", "u_rl")]);
        expect(&[("ref", "r#ref"), ("$ref", "dollar_ref")]);
    }

    #[test]
    fn published_identifiers_stay_and_newcomers_climb() {
        let published = BTreeMap::from([("foo_bar".to_owned(), "foo_bar".to_owned())]);
        let idents = fields(&["fooBar", "foo_bar"], None, &published);
        assert_eq!(idents["foo_bar"], "foo_bar");
        assert_eq!(idents["fooBar"], "foo_upper_bar");
        let published = BTreeMap::from([("xx".to_owned(), "xx".to_owned())]);
        assert_eq!(fields(&["xx", "XX"], None, &published)["XX"], "upper_xx");
    }

    #[test]
    fn variants_follow_the_value() {
        let values = ["OpenAI", "aws-bedrock", "", "*", "301", "<=", "Self", "a/b", "a-b", "-1", "1"];
        let idents = variants(&values, "Code", HashSet::new(), &BTreeMap::new());
        let want = [
            "OpenAI",
            "AWSBedrock",
            "Empty",
            "Star",
            "Code301",
            "LessEquals",
            "SelfValue",
            "ASlashB",
            "AB",
            "Dash1",
            "Code1",
        ];
        assert_eq!(values.map(|value| idents[value].clone()), want.map(str::to_owned));
    }
}
