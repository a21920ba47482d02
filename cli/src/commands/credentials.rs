//! `aigwctl credentials`

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::args::{Globals, Input, ReportFormat};
use crate::error::CliError;
use crate::inventory::{Inventory, Key, Object};
use crate::kinds::{AIGATEWAY, EXPIRATION_ANNOTATION};
use crate::output::{self, Table};
use crate::references::{Reference, references, resolve};

/// Print the credentials of backends: Secrets, keys, expiry, and which policies share them
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0, all credentials can be read and are valid; 1, some do not exist or have expired; 2, the \
                        command cannot run."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Also report credentials that expire within this number of hours
    #[arg(long, value_name = "HOURS", default_value_t = 0)]
    expires_within: i64,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: ReportFormat,
}

/// A Secret that a policy reads.
struct Credential {
    policy: Key,
    type_: String,
    secret: Key,
    key: String,
    expires: String,
    shared: usize,
    /// `ok`, or the problem.
    state: String,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let inventory = Inventory::load(&arguments.input, globals).await?;
    let limit = SignedDuration::try_from_hours(arguments.expires_within).unwrap_or(SignedDuration::MAX);
    let limit = Timestamp::now().checked_add(limit).unwrap_or(Timestamp::MAX);
    let mut credentials = Vec::new();
    for policy in inventory.of_kind(AIGATEWAY, "BackendSecurityPolicy") {
        if globals.namespace.as_ref().is_none_or(|namespace| policy.key.namespace == *namespace) {
            credentials.extend(of_policy(&inventory, policy, limit));
        }
    }
    count_users(&mut credentials);
    output::print(&report(&credentials, arguments.output)?)?;
    let has_problem = credentials.iter().any(|credential| !matches!(&*credential.state, "ok" | "unverified"));
    Ok(ExitCode::from(u8::from(has_problem)))
}

/// Returns the Secrets that a policy names, and the one that the controller writes.
fn of_policy(inventory: &Inventory, policy: &Object, limit: Timestamp) -> Vec<Credential> {
    let named = references(policy).into_iter().filter(|found| found.target.kind == "Secret");
    let mut credentials: Vec<Credential> =
        named.map(|reference| credential(inventory, policy, &reference, limit)).collect();
    let rotated = Key::new("", "Secret", &policy.key.namespace, &format!("ai-eg-bsp-{}", policy.key.name));
    if inventory.find(&rotated).is_some() {
        let reference = Reference { field: "rotated".to_owned(), target: rotated, key: None, grant: None };
        credentials.push(credential(inventory, policy, &reference, limit));
    }
    credentials
}

fn credential(inventory: &Inventory, policy: &Object, reference: &Reference, limit: Timestamp) -> Credential {
    let expires = inventory.find(&reference.target).map(|secret| secret.annotation(EXPIRATION_ANNOTATION));
    let expires = expires.unwrap_or_default().to_owned();
    let prefix = format!("{}: ", reference.field);
    let state = match resolve(inventory, reference).problem(reference) {
        Some((_, false)) => "unverified".to_owned(),
        Some((problem, true)) => problem.strip_prefix(&prefix).unwrap_or(&problem).to_owned(),
        None => expiry(&expires, limit).unwrap_or("ok").to_owned(),
    };
    Credential {
        policy: policy.key.clone(),
        type_: policy.text("/spec/type").to_owned(),
        secret: reference.target.clone(),
        key: reference.key.unwrap_or("*").to_owned(),
        expires,
        shared: 0,
        state,
    }
}

/// Returns the problem of a time of expiry.
fn expiry(text: &str, limit: Timestamp) -> Option<&'static str> {
    if text.is_empty() {
        return None;
    }
    match text.parse::<Timestamp>() {
        Ok(time) if time <= Timestamp::now() => Some("expired"),
        Ok(time) if time <= limit => Some("expires soon"),
        Ok(_) => None,
        Err(_) => Some("the time of expiry cannot be read"),
    }
}

/// Counts the policies that read a Secret.
fn count_users(credentials: &mut [Credential]) {
    let mut users: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
    for Credential { secret, policy, .. } in credentials.iter() {
        let policies = users.entry(secret.clone()).or_default();
        if !policies.contains(policy) {
            policies.push(policy.clone());
        }
    }
    for credential in credentials {
        credential.shared = users.get(&credential.secret).map_or(0, Vec::len);
    }
}

fn report(credentials: &[Credential], format: ReportFormat) -> Result<String, CliError> {
    let name = |key: &Key| format!("{}/{}", key.namespace, key.name);
    if format == ReportFormat::Json {
        let object = |found: &Credential| {
            json!({
                "policy": name(&found.policy), "type": found.type_, "secret": name(&found.secret), "key": found.key,
                "expires": found.expires, "policies": found.shared, "state": found.state,
            })
        };
        return Ok(serde_json::to_string_pretty(&credentials.iter().map(object).collect::<Vec<_>>())? + "\n");
    }
    let mut table = Table::new(&["POLICY", "TYPE", "SECRET", "KEY", "EXPIRES", "POLICIES", "STATE"]);
    for found in credentials {
        let expires = if found.expires.is_empty() { "-" } else { &found.expires };
        let (policy, secret, policies) = (name(&found.policy), name(&found.secret), found.shared.to_string());
        table.row([&*policy, &found.type_, &secret, &found.key, expires, &policies, &found.state]);
    }
    if table.is_empty() {
        eprintln!("No credentials found");
        return Ok(String::new());
    }
    Ok(table.text())
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::expiry;

    #[test]
    fn times_of_expiry_are_compared() {
        let now = Timestamp::now();
        assert_eq!(expiry("", now), None);
        assert_eq!(expiry("2020-01-01T00:00:00Z", now), Some("expired"));
        assert_eq!(expiry("2999-01-01T00:00:00Z", now), None);
        let soon = (now + SignedDuration::from_hours(1)).to_string();
        assert_eq!(expiry(&soon, now + SignedDuration::from_hours(2)), Some("expires soon"));
        assert_eq!(expiry("tomorrow", now), Some("the time of expiry cannot be read"));
    }
}
