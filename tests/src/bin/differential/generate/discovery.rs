//! Scripts of discovery: each path in each representation, before and after a definition changes.

use serde_json::json;

use super::definitions::GROUP;
use super::{Generator, JSON, MERGE};
use crate::endpoint::DEFINITIONS;
use crate::script::{Script, Step};

const PATHS: [&str; 22] = [
    "/api",
    "/api",
    "/apis",
    "/apis",
    "/apis/<<g>>.example.com",
    "/apis/<<g>>.example.com/v1",
    "/apis/<<g>>.example.com/v1beta1",
    "/apis/<<g>>.example.com/v9",
    "/api/v1",
    "/api/v2",
    "/apis/events.k8s.io",
    "/apis/events.k8s.io/v1",
    "/apis/coordination.k8s.io",
    "/apis/coordination.k8s.io/v1",
    "/apis/apiextensions.k8s.io/v1",
    "/apis/<<g>>.example.org",
    "/apis/",
    "/api/",
    "/apis/<<g>>.example.com/",
    "/api/v1/",
    "/apis/<<g>>.example.com/v1/",
    "/nothing",
];

const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

const ACCEPTS: [&str; 28] = [
    "",
    V2,
    "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io",
    "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io,application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io,application/json",
    "application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io",
    "application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io,application/json",
    "application/json;as=APIGroupDiscoveryList;v=v3;g=apidiscovery.k8s.io,application/json",
    "application/json;as=APIGroupDiscoveryList;v=v2;g=other",
    "application/json;as=APIGroupDiscoveryList;v=v2",
    "application/json;as=Other;v=v2;g=apidiscovery.k8s.io,*/*",
    "application/json;q=0.1,application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io;q=0.9",
    "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io;q=0",
    "application/yaml;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io",
    "application/yaml",
    "application/json",
    "application/json;charset=utf-8",
    "application/json; indent=4",
    "APPLICATION/JSON",
    "*/*",
    "*",
    "application/*",
    "text/*",
    "text/html",
    "text/html,*/*;q=0.1",
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    "x",
    ";;,,/",
];

impl Generator<'_> {
    pub(super) fn discovery(&mut self, steps: usize) -> Script {
        let name = format!("widgets.{GROUP}");
        let definition = self.new_definition("widgets");
        let create = Step::new("POST", DEFINITIONS).body(JSON, definition.to_string());
        let mut all = vec![Step { settles: Some(name.clone()), ..create }];
        all.extend((0..steps / 2).map(|_| self.discovery_step()));
        let next = json!({"spec": {"versions": self.new_definition("widgets")["spec"]["versions"]}});
        let changed = Step::new("PATCH", format!("{DEFINITIONS}/{name}")).body(MERGE, next.to_string());
        all.push(Step { settles: Some(name.clone()), by_code: true, ..changed });
        all.extend((all.len()..steps).map(|_| self.discovery_step()));
        Script { steps: all, definitions: vec![name], ..Script::default() }
    }

    fn discovery_step(&mut self) -> Step {
        let path = PATHS[self.rng.usize(..PATHS.len())];
        let method = match self.rng.usize(..20) {
            0 => "POST",
            1 => "DELETE",
            2 => "PUT",
            3 => "PATCH",
            4 => "HEAD",
            5 => "OPTIONS",
            _ => "GET",
        };
        let mut step = Step::new(method, path);
        if !self.one_in(6) {
            step.accept = Some(ACCEPTS[self.rng.usize(..ACCEPTS.len())].to_owned());
        }
        // Concurrent scripts change definitions and thereby the tags below /apis.
        let tags: &[&str] = if path.starts_with("/apis") {
            &["\"x\"", "*", "W/\"x\"", "x"]
        } else {
            &["<<etag>>", "\"x\", <<etag>>", "W/<<etag>>", "\"x\"", "*", "x"]
        };
        if self.one_in(4) {
            step = step.header("if-none-match", tags[self.rng.usize(..tags.len())]);
        }
        match self.rng.usize(..12) {
            0 => step.query("pretty", "true"),
            1 => step.query("timeout", "x"),
            2 => step.query("watch", "true"),
            _ => step,
        }
    }
}
