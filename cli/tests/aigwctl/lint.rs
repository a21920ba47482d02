//! `aigwctl lint`

use crate::program::{output, run};

const UPSTREAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/upstream/ai-gateway/examples");

/// The line, the check and a part of the message of each finding in `silent.yaml`.
const EXPECTED: [(u32, &str, &str); 11] = [
    (20, "invalid-cel", "\"tokens * 2u\" is not valid: undeclared reference to 'tokens'"),
    (12, "invalid-cel", "\"input_tokens +\" is not valid: syntax error"),
    (45, "unreadable-credentials", "Secret default/key has no key \"apiKey\": the backend is skipped"),
    (53, "unreadable-credentials", "Secret default/key has no key \"apiKey\": the backend is skipped"),
    (5, "missing-gateway-config", "GatewayConfig default/other does not exist: the defaults are used"),
    (54, "second-policy", "AIServiceBackend default/openai already has BackendSecurityPolicy default/one"),
    (45, "ignored-secret-namespace", "namespace other is ignored"),
    (66, "quota-without-model", "no backend reference requests model \"gpt-4o\""),
    (27, "overwritten-http-route", "the controller overwrites this HTTPRoute"),
    (35, "stuck-finalizer", "the finalizer aigateway.envoyproxy.io/finalizer remains"),
    (48, "old-version", "deprecated version v1alpha1, which deletes spec.credentialOverride"),
];

#[test]
fn silent_failures_are_found_with_their_lines() {
    let run = run(&["lint", "-f", "silent.yaml", "-o", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), EXPECTED.len(), "{}", run.stdout);
    for (finding, (line, check, message)) in findings.iter().zip(EXPECTED) {
        assert_eq!((finding["line"].as_u64(), finding["reason"].as_str()), (Some(u64::from(line)), Some(check)));
        assert!(finding["message"].as_str().unwrap().contains(message), "{finding}");
    }
}

#[test]
fn checks_are_listed_and_can_be_disabled() {
    let checks = output(&["lint", "--list"]);
    assert_eq!(checks.lines().count(), 12);
    let names: Vec<&str> = checks.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    let disabled = names.iter().flat_map(|name| ["--disable", name]);
    let arguments: Vec<&str> = ["lint", "-f", "silent.yaml"].into_iter().chain(disabled).collect();
    assert_eq!(output(&arguments), "11 checks: 0 findings\n");
    assert_eq!(run(&["lint", "-f", "silent.yaml", "--disable", "other"]).code, 2);
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn upstream_examples_have_no_findings() {
    for entry in std::fs::read_dir(UPSTREAM).unwrap() {
        for file in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            assert_eq!(output(&["lint", "-f", &file.unwrap().path().to_string_lossy()]), "11 checks: 0 findings\n");
        }
    }
}
