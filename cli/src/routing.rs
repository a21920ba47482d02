//! What AIGatewayRoutes route: rules, matches and backends.

use serde_json::Value;

use crate::inventory::{Inventory, Key, Object, field};
use crate::kinds::AIGATEWAY;
use crate::references::{self, references};

/// The header with the name of the model, which the gateway sets from the body of a request.
pub(crate) const MODEL_HEADER: &str = "x-ai-eg-model";

/// A rule of a route.
#[derive(Clone, Debug)]
pub(crate) struct Rule<'i> {
    pub(crate) route: &'i Object,
    pub(crate) index: usize,
    /// The alternatives; one without conditions if the rule has none.
    pub(crate) matches: Vec<Vec<Header<'i>>>,
    pub(crate) backends: Vec<Backend<'i>>,
}

/// A condition of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header<'i> {
    pub(crate) name: &'i str,
    pub(crate) value: &'i str,
    pub(crate) is_regex: bool,
}

/// A backend of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Backend<'i> {
    pub(crate) key: Key,
    /// The AIServiceBackend, if it exists.
    pub(crate) object: Option<&'i Object>,
    pub(crate) weight: i64,
    pub(crate) priority: i64,
    /// The model that is requested from the provider; empty if it is not overridden.
    pub(crate) model_override: &'i str,
}

/// Returns the rules of all routes of an inventory.
pub(crate) fn rules(inventory: &Inventory) -> impl Iterator<Item = Rule<'_>> {
    inventory.of_kind(AIGATEWAY, "AIGatewayRoute").flat_map(move |route| {
        let rules = route.list("/spec/rules").iter().enumerate();
        rules.map(move |(index, rule)| read(inventory, route, index, rule))
    })
}

fn read<'i>(inventory: &'i Inventory, route: &'i Object, index: usize, rule: &'i Value) -> Rule<'i> {
    let list = |value: &'i Value, name: &str| value.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let header = |header: &'i Value| Header {
        name: field(header, "name"),
        value: field(header, "value"),
        is_regex: field(header, "type") == "RegularExpression",
    };
    let mut matches: Vec<Vec<Header<'i>>> =
        list(rule, "matches").iter().map(|found| list(found, "headers").iter().map(header).collect()).collect();
    if matches.is_empty() {
        matches.push(Vec::new());
    }
    let backend = |backend: &'i Value| {
        let key = references::backend_of_rule(route, backend);
        let number = |name: &str, default| backend.get(name).and_then(Value::as_i64).unwrap_or(default);
        let (weight, priority) = (number("weight", 1), number("priority", 0));
        Backend {
            object: inventory.find(&key),
            key,
            weight,
            priority,
            model_override: field(backend, "modelNameOverride"),
        }
    };
    Rule { route, index, matches, backends: list(rule, "backendRefs").iter().map(backend).collect() }
}

impl Rule<'_> {
    /// Returns the host names of the route; `*` if it has none.
    pub(crate) fn hosts(&self) -> Vec<&str> {
        let hosts: Vec<&str> = self.route.list("/spec/hostnames").iter().filter_map(Value::as_str).collect();
        if hosts.is_empty() { vec!["*"] } else { hosts }
    }

    /// Returns the name of the rule: `namespace/route[index]`.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}[{}]", self.route.key.namespace, self.route.key.name, self.index)
    }
}

/// Returns the models and the other conditions of a match as text.
pub(crate) fn describe(headers: &[Header<'_>]) -> (String, String) {
    let is_model = |header: &&Header<'_>| header.name.eq_ignore_ascii_case(MODEL_HEADER);
    let text =
        |header: &Header<'_>| if header.is_regex { format!("~{}", header.value) } else { header.value.to_owned() };
    let models: Vec<String> = headers.iter().filter(is_model).map(text).collect();
    let others = headers.iter().filter(|header| !is_model(header));
    let others: Vec<String> = others.map(|header| format!("{}={}", header.name, text(header))).collect();
    (if models.is_empty() { "*".to_owned() } else { models.join(",") }, others.join(","))
}

/// Returns the policies of a kind that apply to a backend, in the order in which they were read.
pub(crate) fn policies<'i>(inventory: &'i Inventory, kind: &'i str, backend: &'i Key) -> Vec<&'i Object> {
    let applies = |policy: &&Object| {
        references(policy).iter().any(|found| found.field.starts_with("spec.targetRefs") && found.target == *backend)
    };
    inventory.of_kind(AIGATEWAY, kind).filter(applies).collect()
}

/// Returns the Secrets of the policies that apply to a backend, each with the key that is read.
pub(crate) fn secrets(inventory: &Inventory, backend: &Key) -> Vec<(Key, Option<&'static str>)> {
    let policies = policies(inventory, "BackendSecurityPolicy", backend);
    let all = policies.into_iter().flat_map(references).filter(|found| found.target.kind == "Secret");
    all.map(|found| (found.target, found.key)).collect()
}
