//! `aigwctl match`

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use kube_structural_schema::compile_pattern;

use crate::args::{Globals, Input};
use crate::error::CliError;
use crate::inventory::{Inventory, Key};
use crate::output;
use crate::references::references;
use crate::routing::{self, Header, MODEL_HEADER, Rule};

/// Print the rule that a request matches, and why
#[derive(Args, Debug)]
#[command(
    after_help = "Precedence, as in Gateway API: the most specific host name, the largest number of headers, the oldest \
                        route, the route whose namespace/name is first, and the first rule of a route.\n\nExit codes: 0, a \
                        rule matches; 1, none does; 2, the command cannot run."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Model of the request
    #[arg(long, value_name = "NAME")]
    model: String,
    /// Host name of the request
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Header of the request; may be repeated
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a header is NAME=VALUE")?;
    Ok((name.to_lowercase(), value.to_owned()))
}

/// A request.
struct Request {
    host: Option<String>,
    headers: BTreeMap<String, String>,
}

/// What decides between rules, in this order; the smallest wins.
type Rank = (Reverse<(bool, usize)>, Reverse<usize>, String, String, usize);

/// A rule that matches.
struct Candidate<'i> {
    rank: Rank,
    rule: Rule<'i>,
    host: String,
    headers: Vec<Header<'i>>,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let inventory = Inventory::load(&arguments.input, globals).await?;
    let mut headers: BTreeMap<_, _> = arguments.headers.iter().cloned().collect();
    headers.insert(MODEL_HEADER.to_owned(), arguments.model.clone());
    let request = Request { host: arguments.host.as_ref().map(|host| host.to_lowercase()), headers };
    let mut by_gateway: BTreeMap<Key, Vec<Candidate<'_>>> = BTreeMap::new();
    for rule in routing::rules(&inventory) {
        let parents = references(rule.route).into_iter().filter(|found| found.field.starts_with("spec.parentRefs"));
        for parent in parents {
            by_gateway.entry(parent.target).or_default().extend(candidate(&request, rule.clone()));
        }
    }
    by_gateway.retain(|_, candidates| !candidates.is_empty());
    let mut text = String::new();
    for (gateway, mut candidates) in by_gateway {
        candidates.sort_by(|a, b| a.rank.cmp(&b.rank));
        text.push_str(&explain(&gateway, &candidates));
    }
    if text.is_empty() {
        output::print("no rule matches: the gateway answers 404\n")?;
        return Ok(ExitCode::FAILURE);
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the best match of a rule.
fn candidate<'i>(request: &Request, rule: Rule<'i>) -> Option<Candidate<'i>> {
    let host = rule.hosts().into_iter().filter(|host| request.fits_host(host)).max_by_key(|host| specificity(host))?;
    let host = host.to_owned();
    let fitting = rule.matches.iter().filter(|headers| headers.iter().all(|header| request.fits(header)));
    let headers = fitting.max_by_key(|headers| headers.len())?.clone();
    let key = &rule.route.key;
    let name = format!("{}/{}", key.namespace, key.name);
    // Objects of files have no time. They are as old as each other.
    let created = rule.route.text("/metadata/creationTimestamp").to_owned();
    let rank = (Reverse(specificity(&host)), Reverse(headers.len()), created, name, rule.index);
    Some(Candidate { rank, rule, host, headers })
}

/// A name without a wildcard is more specific, then a longer one.
fn specificity(host: &str) -> (bool, usize) {
    if host == "*" { (false, 0) } else { (!host.starts_with("*."), host.len()) }
}

impl Request {
    /// A request without a host fits every host.
    fn fits_host(&self, pattern: &str) -> bool {
        let Some(host) = &self.host else { return true };
        let pattern = pattern.to_lowercase();
        match pattern.strip_prefix('*') {
            Some("") => true,
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => *host == pattern,
        }
    }

    /// Regular expressions match the whole value. One that is not valid matches nothing.
    fn fits(&self, header: &Header<'_>) -> bool {
        let Some(value) = self.headers.get(&header.name.to_lowercase()) else { return false };
        if !header.is_regex {
            return value == header.value;
        }
        compile_pattern(&format!("^(?:{})$", header.value)).is_ok_and(|pattern| pattern.is_match(value))
    }
}

fn explain(gateway: &Key, candidates: &[Candidate<'_>]) -> String {
    let mut text = String::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let (model, others) = routing::describe(&candidate.headers);
        let others = if others.is_empty() { others } else { format!(" {others}") };
        let line = format!("{} host={} model={model}{others}", candidate.rule.name(), candidate.host);
        if index == 0 {
            let origin = candidate.rule.route.origin_of(&format!("spec.rules[{}]", candidate.rule.index));
            text.push_str(&format!("{gateway}: rule {line} ({origin})\n"));
            text.push_str(&backends(&candidate.rule));
        } else {
            let reason = reason(&candidates[0].rank, &candidate.rank);
            text.push_str(&format!("  not rule {line}: {reason}\n"));
        }
    }
    text
}

fn backends(rule: &Rule<'_>) -> String {
    let line = |backend: &routing::Backend<'_>| {
        let requested = match backend.model_override {
            "" => String::new(),
            model => format!(" as {model}"),
        };
        let missing = if backend.object.is_none() { " (missing)" } else { "" };
        let (key, priority, weight) = (&backend.key, backend.priority, backend.weight);
        format!("  to {key}{requested}: priority {priority}, weight {weight}{missing}\n")
    };
    rule.backends.iter().map(line).collect::<Vec<_>>().concat()
}

/// Returns why the first rule wins.
fn reason(winner: &Rank, other: &Rank) -> &'static str {
    match () {
        () if winner.0 != other.0 => "its host name is less specific",
        () if winner.1 != other.1 => "it has fewer headers",
        () if winner.2 != other.2 => "its route is newer",
        () if winner.3 != other.3 => "the name of its route is later in the alphabet",
        () => "it is later in the route",
    }
}
