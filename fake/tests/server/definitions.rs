//! Custom resource definitions: responses to writes, and the conditions that the names controller sets.

use serde_json::{Value, json};
use testkit::crds::{DEFINITIONS, definition_with, version};

use super::raw::{JSON, MERGE_PATCH, WIDGETS, get, send};
use super::server;

fn definition(plural: &str, kind: &str, short: &[&str]) -> Value {
    let names = json!({"kind": kind, "plural": plural, "shortNames": short});
    definition_with("example.com", names, vec![version("v1", true, json!({"type": "object"}))])
}

fn condition<'o>(object: &'o Value, type_: &str) -> &'o Value {
    let conditions = object["status"]["conditions"].as_array().expect("conditions");
    conditions.iter().find(|condition| condition["type"] == type_).expect(type_)
}

#[tokio::test]
async fn create_response_has_stored_versions_and_no_conditions() {
    let server = server();
    let body = definition("gadgets", "Gadget", &[]).to_string();
    let created = send(&server, "POST", &format!("{DEFINITIONS}?fieldManager=me"), JSON, &body).await.body;
    let status = json!({"acceptedNames": {"kind": "", "plural": ""}, "conditions": null, "storedVersions": ["v1"]});
    assert_eq!(created["status"], status);
    let managers = created["metadata"]["managedFields"].as_array().expect("managers");
    assert_eq!(managers.len(), 1);
    assert_eq!(managers[0]["fieldsV1"]["f:spec"]["f:versions"], json!({}));
    assert_eq!(managers[0]["fieldsV1"]["f:spec"]["f:names"]["f:listKind"], json!({}));
    let read = send(&server, "GET", &format!("{DEFINITIONS}/gadgets.example.com"), JSON, "").await.body;
    assert_eq!(condition(&read, "Established")["reason"], "InitialNamesAccepted");
    let managers = read["metadata"]["managedFields"].as_array().expect("managers");
    let server_entry =
        managers.iter().find(|manager| manager["manager"] == "kube-apiserver").expect("entry of kube-apiserver");
    assert_eq!((&server_entry["subresource"], &server_entry["operation"]), (&json!("status"), &json!("Update")));
}

#[tokio::test]
async fn conflicting_definition_is_established_after_the_conflict_is_resolved() {
    let server = server();
    send(&server, "POST", DEFINITIONS, JSON, &definition("gadgets", "Gadget", &["wd"]).to_string()).await;
    let path = format!("{DEFINITIONS}/gadgets.example.com");
    let read = send(&server, "GET", &path, JSON, "").await.body;
    let names = condition(&read, "NamesAccepted");
    assert_eq!((&names["status"], &names["reason"]), (&json!("False"), &json!("ShortNamesConflict")));
    assert_eq!(names["message"], "\"wd\" is already in use");
    assert_eq!(condition(&read, "Established")["reason"], "NotAccepted");
    let gadgets = "/apis/example.com/v1/namespaces/default/gadgets";
    assert_eq!(send(&server, "GET", gadgets, JSON, "").await.code, 404);
    let patch = r#"{"spec":{"names":{"shortNames":null}}}"#;
    let freed = send(&server, "PATCH", &format!("{DEFINITIONS}/widgets.example.com"), MERGE_PATCH, patch).await;
    assert_eq!(freed.code, 200);
    let read = send(&server, "GET", &path, JSON, "").await.body;
    assert_eq!(condition(&read, "Established")["status"], "True");
    assert_eq!(send(&server, "GET", gadgets, JSON, "").await.code, 200);
}

#[tokio::test]
async fn definition_with_an_invalid_ca_bundle_is_not_established_until_it_is_corrected() {
    let server = server();
    let mut gadgets = definition("gadgets", "Gadget", &[]);
    let client = json!({"url": "https://converter.example.com", "caBundle": "Cg=="});
    gadgets["spec"]["conversion"] =
        json!({"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": client}});
    assert_eq!(send(&server, "POST", DEFINITIONS, JSON, &gadgets.to_string()).await.code, 201);
    let path = format!("{DEFINITIONS}/gadgets.example.com");
    let read = send(&server, "GET", &path, JSON, "").await.body;
    let established = condition(&read, "Established");
    assert_eq!((&established["status"], &established["reason"]), (&json!("False"), &json!("InvalidCABundle")));
    assert_eq!(established["message"], "The conversion webhook CABundle is invalid");
    let patch = r#"{"spec":{"conversion":{"webhook":{"clientConfig":{"caBundle":null}}}}}"#;
    assert_eq!(send(&server, "PATCH", &path, MERGE_PATCH, patch).await.code, 200);
    let read = send(&server, "GET", &path, JSON, "").await.body;
    assert_eq!(condition(&read, "Established")["status"], "True");
}

#[tokio::test]
async fn definition_with_conversion_webhook_serves_only_its_storage_version() {
    let server = server();
    let mut gadgets = definition("gadgets", "Gadget", &[]);
    let versions = gadgets["spec"]["versions"].as_array_mut().expect("versions");
    let mut beta = versions[0].clone();
    (beta["name"], beta["storage"]) = ("v1beta1".into(), false.into());
    versions.push(beta);
    let webhook = json!({"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://converter.example.com"}});
    gadgets["spec"]["conversion"] = json!({"strategy": "Webhook", "webhook": webhook});
    assert_eq!(send(&server, "POST", DEFINITIONS, JSON, &gadgets.to_string()).await.code, 201);
    let path = |version: &str| format!("/apis/example.com/{version}/namespaces/default/gadgets");
    assert_eq!(send(&server, "GET", &path("v1"), JSON, "").await.code, 200);
    let refused = send(&server, "GET", &path("v1beta1"), JSON, "").await;
    let message = refused.body["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("conversion webhook for example.com/v1, Kind=Gadget failed: "), "{message}");
}

#[tokio::test]
async fn invalid_definition_returns_the_message_of_kube_apiserver() {
    let server = server();
    let mut wrong = definition("gadgets", "Gadget", &[]);
    wrong["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"] = json!({"spec": {"type": "objekt"}});
    let refused = send(&server, "POST", DEFINITIONS, JSON, &wrong.to_string()).await;
    let message = "CustomResourceDefinition.apiextensions.k8s.io \"gadgets.example.com\" is invalid: spec.validation.openAPIV3Schema.properties[spec].type: Unsupported value: \"objekt\": supported values: \"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\"";
    assert_eq!((refused.code, &refused.body["message"]), (422, &json!(message)));
    let mut unknown = definition("gadgets", "Gadget", &[]);
    unknown["spec"]["versions"][0]["foo"] = 1.into();
    let path = format!("{DEFINITIONS}?fieldValidation=Strict");
    let refused = send(&server, "POST", &path, JSON, &unknown.to_string()).await;
    assert!(
        refused.body["message"]
            .as_str()
            .is_some_and(|message| message.ends_with("unknown field \"spec.versions[0].foo\""))
    );
    let warned = send(&server, "POST", DEFINITIONS, JSON, &unknown.to_string()).await;
    assert_eq!(warned.headers["warning"], r#"299 - "unknown field \"spec.versions[0].foo\"""#);
    let path = format!("{DEFINITIONS}/gadgets.example.com");
    let renamed = send(&server, "PATCH", &path, MERGE_PATCH, r#"{"spec":{"scope":"Cluster"}}"#).await;
    assert!(
        renamed.body["message"]
            .as_str()
            .is_some_and(|message| message.contains("spec.scope: Invalid value: \"Cluster\": field is immutable"))
    );
}

#[tokio::test]
async fn rules_with_wrong_types_or_high_costs_are_refused_by_each_verb() {
    let server = server();
    let with_rule = |rule: &str| {
        let mut definition = definition("gadgets", "Gadget", &[]);
        let text = json!({"type": "string", "x-kubernetes-validations": [{"rule": rule}]});
        definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"] =
            json!({"spec": {"type": "object", "properties": {"text": text}}});
        definition.to_string()
    };
    let is_refused = |body: &Value, detail: &str| {
        assert!(body["message"].as_str().is_some_and(|message| message.contains(detail)), "{body}");
    };
    let mismatch = "compilation failed: ERROR: <input>:1:6: found no matching overload for '_==_' applied to '(string, int)'\n | self == 1\n | .....^";
    let costs = "estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    let wrong = with_rule("self == 1");
    for path in [DEFINITIONS.to_owned(), format!("{DEFINITIONS}?dryRun=All")] {
        is_refused(&send(&server, "POST", &path, JSON, &wrong).await.body, mismatch);
    }
    is_refused(
        &send(&server, "POST", DEFINITIONS, JSON, &with_rule("self.split('').exists(a, a == self)")).await.body,
        costs,
    );
    let path = format!("{DEFINITIONS}/gadgets.example.com");
    let applied = format!("{path}?fieldManager=me");
    is_refused(&send(&server, "PATCH", &applied, "application/apply-patch+yaml", &wrong).await.body, mismatch);
    assert_eq!(send(&server, "POST", DEFINITIONS, JSON, &with_rule("self == 'a'")).await.code, 201);
    is_refused(&send(&server, "PATCH", &path, MERGE_PATCH, &wrong).await.body, mismatch);
    assert_eq!(send(&server, "PATCH", &path, MERGE_PATCH, r#"{"metadata":{"labels":{"a":"b"}}}"#).await.code, 200);
}

fn definition_of(property: &Value) -> String {
    let schema = json!({"type": "object", "properties": {"a": property}});
    json!({"metadata": {"name": "gadgets.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"kind": "Gadget", "plural": "gadgets", "shortNames": ["g", "gg"]},
        "versions": [
            {"name": "v2", "served": false, "storage": false, "schema": {"openAPIV3Schema": schema}},
            {"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}},
        ],
    }})
    .to_string()
}

#[tokio::test]
async fn int_or_string_default_of_any_type_is_accepted() {
    let server = server();
    for (property, code) in [
        (json!({"x-kubernetes-int-or-string": true, "default": true}), 201),
        (json!({"x-kubernetes-int-or-string": true, "default": [1]}), 201),
        (
            json!({"type": "object", "properties": {"p": {"x-kubernetes-int-or-string": true}}, "default": {"p": {}}}),
            201,
        ),
        (
            json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}], "default": true}),
            422,
        ),
        (json!({"x-kubernetes-int-or-string": true, "maximum": 3, "default": 4}), 422),
        (json!({"type": "integer", "default": true}), 422),
    ] {
        let path = format!("{DEFINITIONS}?dryRun=All");
        let answer = send(&server, "POST", &path, JSON, &definition_of(&property)).await;
        assert_eq!(answer.code, code, "{property}: {}", answer.body["message"]);
    }
}

#[tokio::test]
async fn definition_table_has_its_own_columns() {
    let server = server();
    let table = ("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
    let none = get(&server, &format!("{DEFINITIONS}?fieldSelector=metadata.name=none"), &[table]).await;
    assert_eq!(none.body["rows"], Value::Null);
    let body = definition_of(&json!({"type": "string"}));
    send(&server, "POST", DEFINITIONS, JSON, &body).await;
    let path = format!("{DEFINITIONS}/gadgets.example.com");
    let one = get(&server, &path, &[table]).await.body;
    let cells = &one["rows"][0]["cells"];
    assert_eq!((&cells[2], &cells[6], &cells[7]), (&json!("v1(storage)"), &json!("g,gg"), &json!(true)));
    assert_eq!(get(&server, &format!("{path}/status"), &[table]).await.code, 406);
}

#[tokio::test]
async fn spec_update_adds_storage_version_to_stored_versions() {
    let server = server();
    let body = definition_of(&json!({"type": "string"}));
    send(&server, "POST", DEFINITIONS, JSON, &body).await;
    let path = format!("{DEFINITIONS}/gadgets.example.com");
    let patch = r#"{"status":{"storedVersions":["v2"]}}"#;
    let patched = send(&server, "PATCH", &format!("{path}/status"), MERGE_PATCH, patch).await;
    assert_eq!(patched.body["status"]["storedVersions"], json!(["v2"]));
    let patch = r#"{"spec":{"names":{"categories":["all"]}}}"#;
    let patched = send(&server, "PATCH", &path, MERGE_PATCH, patch).await;
    assert_eq!(patched.body["status"]["storedVersions"], json!(["v2", "v1"]));
}

#[tokio::test]
async fn create_is_forbidden_while_the_definition_is_terminating() {
    let server = server();
    let widgets = "/apis/example.com/v1/namespaces/default/widgets";
    let widget = |name: &str| {
        let metadata = json!({"name": name, "finalizers": ["example.com/one"]});
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata}).to_string()
    };
    send(&server, "POST", widgets, JSON, &widget("a")).await;
    let path = format!("{DEFINITIONS}/widgets.example.com");
    send(&server, "DELETE", &path, JSON, "").await;
    let refused = send(&server, "POST", widgets, JSON, &widget("b")).await;
    let message =
        "widgets.example.com \"b\" is forbidden: create not allowed while custom resource definition is terminating";
    assert_eq!((refused.code, &refused.body["message"]), (403, &json!(message)));
}

#[tokio::test]
async fn approval_annotation_of_protected_group_sets_condition() {
    let server = server();
    let definition = |group: &str, approval: &str| {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("lamps.{group}"), "annotations": {"api-approved.kubernetes.io": approval}},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"kind": "Lamp", "plural": "lamps", "singular": "lamp", "listKind": "LampList"},
                "versions": [{
                    "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}},
                }],
            },
        })
    };
    let condition_of = async |group: &str| {
        let read = get(&server, &format!("{DEFINITIONS}/lamps.{group}"), &[]).await.body;
        let conditions = read["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let found =
            conditions.into_iter().find(|condition| condition["type"] == "KubernetesAPIApprovalPolicyConformant");
        found.map(|found| {
            ["status", "reason", "message"].map(|name| found[name].as_str().unwrap_or_default().to_owned())
        })
    };
    let approved = |message: &str| Some(["True", "ApprovedAnnotation", message].map(str::to_owned));
    let bypassed = |message: &str| Some(["False", "UnapprovedAnnotation", message].map(str::to_owned));
    for group in ["k8s.io", "lights.k8s.io", "lights.kubernetes.io"] {
        let body = definition(group, "https://github.com/kubernetes/kubernetes/pull/1").to_string();
        assert_eq!(send(&server, "POST", DEFINITIONS, JSON, &body).await.code, 201, "{group}");
        assert_eq!(condition_of(group).await, approved("approved in https://github.com/kubernetes/kubernetes/pull/1"));
    }
    for group in ["lights.x-k8s.io", "lightsk8s.io"] {
        let body = definition(group, "bad").to_string();
        assert_eq!(send(&server, "POST", DEFINITIONS, JSON, &body).await.code, 201, "{group}");
        assert_eq!(condition_of(group).await, None, "{group}");
    }
    for (approval, code, expected) in [
        (json!("unapproved, \"test\""), 200, bypassed("not approved: \"unapproved, \\\"test\\\"\"")),
        (json!("bad"), 422, bypassed("not approved: \"unapproved, \\\"test\\\"\"")),
        (Value::Null, 422, bypassed("not approved: \"unapproved, \\\"test\\\"\"")),
        (json!("ftp://x/y"), 200, approved("approved in ftp://x/y")),
    ] {
        let patch = json!({"metadata": {"annotations": {"api-approved.kubernetes.io": approval}}}).to_string();
        let patched = send(&server, "PATCH", &format!("{DEFINITIONS}/lamps.lights.k8s.io"), MERGE_PATCH, &patch).await;
        assert_eq!((patched.code, condition_of("lights.k8s.io").await), (code, expected), "{approval}");
    }
}

#[tokio::test]
async fn waiting_definition_is_served_after_its_names_become_free() {
    let server = server();
    let definition = |plural: &str| {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.lights.example.com")},
            "spec": {
                "group": "lights.example.com",
                "scope": "Namespaced",
                "names": {"kind": "Lamp", "plural": plural, "singular": plural, "listKind": "LampList"},
                "versions": [{
                    "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}},
                }],
            },
        })
        .to_string()
    };
    for plural in ["lamps", "bulbs", "others"] {
        send(&server, "POST", DEFINITIONS, JSON, &definition(plural)).await;
    }
    let served = async |plural: &str| {
        let list = format!("/apis/lights.example.com/v1/namespaces/default/{plural}");
        get(&server, &list, &[]).await.code == 200
    };
    assert!(served("lamps").await && !served("bulbs").await);
    send(&server, "DELETE", &format!("{DEFINITIONS}/lamps.lights.example.com"), JSON, "").await;
    assert!(!served("lamps").await && served("bulbs").await && !served("others").await);
}

#[tokio::test]
async fn kind_is_not_served_after_an_update_removed_the_last_finalizer_of_its_definition() {
    let server = server();
    let path = format!("{DEFINITIONS}/widgets.example.com");
    let finalizers = |names: Value| json!({"metadata": {"finalizers": names}}).to_string();
    send(&server, "PATCH", &path, MERGE_PATCH, finalizers(json!(["example.com/wait"]))).await.ok();
    send(&server, "DELETE", &path, JSON, "").await.ok();
    let waiting = get(&server, &path, &[]).await;
    assert_eq!(waiting.at("/metadata/finalizers"), json!(["example.com/wait"]));
    assert_eq!(get(&server, WIDGETS, &[]).await.code, 200, "a terminating kind is still served");
    send(&server, "PATCH", &path, MERGE_PATCH, finalizers(json!(null))).await.ok();
    assert_eq!(get(&server, &path, &[]).await.code, 404);
    assert_eq!(get(&server, WIDGETS, &[]).await.code, 404);
}
