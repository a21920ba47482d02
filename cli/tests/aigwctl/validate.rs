//! `aigwctl validate`

use crate::program::{data, output, run, run_with};

const UPSTREAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/upstream/ai-gateway/examples");

#[test]
fn refused_objects_are_reported_with_lines_and_messages_of_the_server() {
    let run = run(&["validate", "-f", "refused.yaml", "--references", "off"]);
    assert_eq!(
        run.stdout,
        r#"refused.yaml:8: AIServiceBackend default/openai: AIServiceBackend in version "v1beta1" cannot be handled as a AIServiceBackend: strict decoding error: key "schema" already set in map
refused.yaml:10: AIServiceBackend default/openai: AIServiceBackend in version "v1beta1" cannot be handled as a AIServiceBackend: strict decoding error: unknown field "spec.timeouts"
refused.yaml:11: AIServiceBackend default/openai: spec.backendRef: Invalid value: BackendRef must be a Backend resource of Envoy Gateway. See https://github.com/envoyproxy/ai-gateway/issues/902 for more details.
refused.yaml:11: AIServiceBackend default/openai: spec.backendRef: Invalid value: Must have port for Service reference
refused.yaml:17: BackendSecurityPolicy default/key: metadata.labels: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
refused.yaml:18: BackendSecurityPolicy default/key: spec: Invalid value: When type is APIKey, only apiKey field should be set
refused.yaml:23: QuotaPolicy default/quota: no matches for kind "QuotaPolicy" in version "aigateway.envoyproxy.io/v1"
3 objects in 1 file: 7 errors, 0 warnings
"#
    );
    assert_eq!((run.code, &*run.stderr), (1, ""));
}

#[test]
fn references_are_checked_over_the_whole_input() {
    let expected = r#"shop.yaml:32: AIGatewayRoute shop/models: warning: spec.rules[1].backendRefs[0]: no ReferenceGrant in namespace models allows HTTPRoute of namespace shop to refer to Backend bedrock
shop.yaml:50: AIServiceBackend shop/azure: warning: spec.backendRef: Backend shop/azure does not exist
shop.yaml:98: BackendSecurityPolicy shop/openai-key: warning: spec.apiKey.secretRef: Secret shop/openai-key has no key "apiKey"
10 objects in 1 file: 0 errors, 3 warnings
"#;
    assert_eq!(output(&["validate", "-f", "shop.yaml"]), expected);
    let errors = run(&["validate", "-f", "shop.yaml", "--references=error"]);
    assert_eq!(
        errors.stdout,
        expected.replace("warning: ", "").replace("0 errors, 3 warnings", "3 errors, 0 warnings")
    );
    assert_eq!(errors.code, 1);
}

#[test]
fn references_to_kinds_outside_of_the_input_are_notes() {
    let route = "{apiVersion: aigateway.envoyproxy.io/v1beta1, kind: AIGatewayRoute, metadata: {name: a}, \
                 spec: {rules: [{backendRefs: [{name: b}]}]}}";
    let quiet = run_with(route, &["validate", "-f", "-"], "");
    assert_eq!((quiet.code, &*quiet.stdout), (0, "1 object in 1 file: 0 errors, 0 warnings\n"));
    let verbose = run_with(route, &["validate", "-v", "-n", "x", "-f", "-"], "");
    let note = "stdin:1: AIGatewayRoute x/a: note: spec.rules[0].backendRefs[0]: AIServiceBackend x/b is not verified: the input \
                contains no AIServiceBackend\n";
    assert!(verbose.stdout.starts_with(note), "{verbose:?}");
}

#[test]
fn report_is_available_as_json() {
    let run = run(&["validate", "-f", "refused.yaml", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["errors"], 7);
    let finding = &report["findings"][1];
    assert_eq!(
        (&finding["line"], &finding["field"], &finding["reason"]),
        (&10.into(), &"spec.timeouts".into(), &"UnknownField".into())
    );
    assert_eq!(finding["object"]["name"], "openai");
}

#[test]
fn documents_that_are_not_objects_are_refused() {
    let run = run_with("a: 1\n---\n[]\n---\n: : :\n", &["validate", "-f", "-"], "");
    assert_eq!(run.code, 1, "{run:?}");
    let run = run_with("a: 1\n---\n[]\n", &["validate", "-f", "-"], "");
    assert_eq!(
        run.stdout,
        "stdin:1: Object 'Kind' is missing\nstdin:3: a manifest is a mapping, not a list\n0 objects in 1 file: 2 errors, 0 warnings\n"
    );
}

#[test]
fn missing_input_is_an_error_of_the_command() {
    let run = run(&["validate", "-f", "missing.yaml"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr, "error: missing.yaml: cannot be read: No such file or directory (os error 2)\n");
    assert_eq!(crate::program::run(&["validate"]).code, 2);
}

#[test]
fn updates_are_validated_against_old_manifests() {
    let old = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    let text = std::fs::read_to_string(data("refused.yaml")).unwrap();
    std::fs::write(old.path(), &text).unwrap();
    // The API server accepts what an update does not change.
    let run = run(&["validate", "-f", "refused.yaml", "--old", &old.path().to_string_lossy(), "--references=off"]);
    assert!(!run.stdout.contains("BackendRef must be"), "{}", run.stdout);
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn upstream_examples_have_only_known_problems() {
    let run = run(&["validate", "-R", "-f", UPSTREAM, "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let errors = report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
    let found: Vec<_> = errors
        .map(|finding| (finding["object"]["kind"].as_str().unwrap(), finding["field"].as_str().unwrap()))
        .collect();
    let timeouts = ("AIServiceBackend", "spec.timeouts");
    assert_eq!(found, [timeouts, ("Secret", "metadata.annotations"), timeouts]);
}
