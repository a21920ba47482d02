use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::Selector;

fn labels(text: &str) -> BTreeMap<String, String> {
    text.split(',').filter_map(|pair| pair.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

#[test]
fn selectors_match_as_the_api_server_matches_them() {
    for (selector, labels_of, expected) in [
        ("", "", true),
        ("a=b", "a=b", true),
        ("a==b", "a=c", false),
        ("a = b , c != d", "a=b", true),
        ("a!=b", "a=b", false),
        ("a in (b, c)", "a=c", true),
        ("a in (b,c)", "", false),
        ("a notin (b,c)", "", true),
        ("a notin (b,c)", "a=b", false),
        ("a in (,b)", "a=", true),
        ("a=", "a=", true),
        ("a", "a=", true),
        ("!a", "a=", false),
        ("! a", "b=1", true),
        ("a>3", "a=4", true),
        ("a>3", "a=x", false),
        ("a < -1", "a=-2", true),
        ("example.com/team=x", "example.com/team=x", true),
    ] {
        let parsed: Selector = selector.parse().unwrap();
        assert_eq!(parsed.matches(&labels(labels_of)), expected, "{selector} {labels_of}");
        assert_eq!(parsed.to_string().parse::<Selector>().as_ref(), Ok(&parsed), "{selector}");
    }
}

#[test]
fn value_with_syntax_never_adds_a_requirement() {
    for value in ["a,b=c", "a b", "a)", "(", "!x", "=", "a\u{0}", "ä"] {
        for selector in [
            Selector::everything().equal("a", value),
            Selector::everything().none_of("a", [value]),
            Selector::everything().exists(value),
        ] {
            assert!(selector.validate().is_err(), "{value:?}");
            assert!(selector.to_string().parse::<Selector>().is_err(), "{selector} is rejected");
        }
    }
    assert!(Selector::everything().one_of("a", [""; 0]).validate().is_err());
}

#[test]
fn label_selector_of_the_api_is_validated() {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;

    let requirement = |operator: &str, values: &[&str]| LabelSelectorRequirement {
        key: "tier".to_owned(),
        operator: operator.to_owned(),
        values: Some(values.iter().map(|&value| value.to_owned()).collect()),
    };
    let of = |requirement| {
        let match_labels = Some([("app".to_owned(), "search".to_owned())].into());
        Selector::try_from(LabelSelector { match_expressions: Some(vec![requirement]), match_labels })
    };
    let selector = of(requirement("NotIn", &["gold", "silver"])).unwrap();
    let mut requirements: Vec<_> = selector.requirements().iter().map(ToString::to_string).collect();
    requirements.sort();
    assert_eq!(requirements, ["app=search", "tier notin (gold,silver)"]);
    assert!(of(requirement("In", &["gold,b"])).unwrap_err().to_string().contains("is not a label value"));
    assert!(of(requirement("Near", &[])).is_err());
}

#[test]
fn invalid_selector_is_rejected_with_a_reason() {
    for (selector, reason) in [
        ("a,", "ends with a comma"),
        (",a", "is not a label key"),
        ("a b", "is not an operator"),
        ("a in b", "expected ("),
        ("a in ()", "at least one value"),
        ("a in (b", "expected , or )"),
        ("a=b c", "expected a comma"),
        ("-a=b", "is not a label key"),
        ("a=-b", "is not a label value"),
        ("a>b", "is not an integer"),
        ("/a=b", "is not a label key"),
    ] {
        let error = selector.parse::<Selector>().unwrap_err();
        assert!(error.to_string().contains(reason), "{selector}: {error}");
    }
}
