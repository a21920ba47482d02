//! Resource quotas. Their status is what the quota controller would write: only limits in `status.hard` apply.
//!
//! Source: `apiserver/pkg/admission/plugin/resourcequota/controller.go`, which is enabled by default.

mod scopes;
mod usage;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::usage::Evaluator;
use super::resources::{self, ResourceList};
use super::{Context, Registry, Target};
use crate::kinds::Subresource;
use crate::metadata::text;
use crate::status::Failure;

impl Registry {
    /// Adds what a written object uses to the quotas of its namespace.
    ///
    /// # Errors
    /// Returns a 403 if a quota would be exceeded.
    pub(super) fn charge_quotas(
        &mut self,
        target: &Target,
        object: &Value,
        live: Option<&Value>,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        let Some(evaluator) = Evaluator::of(target, object, live) else { return Ok(()) };
        let Some(kind) = self.kinds.get("", "resourcequotas").cloned() else { return Ok(()) };
        let quotas = self.objects_of(&kind, Some(&target.namespace));
        let forbidden = |reason: String| Failure::forbidden(&target.kind.resource, text(object, "name"), reason);
        let mut changed = Vec::new();
        for quota in quotas {
            let charge =
                Charge { evaluator: &evaluator, object, live, is_status: target.subresource == Subresource::Status };
            if let Some(used) = charge.of(&quota).map_err(forbidden)? {
                changed.push((quota, used));
            }
        }
        if context.options.dry_run {
            return Ok(());
        }
        for (live, used) in changed {
            let mut quota = live.clone();
            quota["status"]["used"] = resources::encode(&used);
            let quota_target = Target { subresource: Subresource::Status, ..Target::of_object(&kind, &quota) };
            quota_target.update_managers(&live, &mut quota, "kube-apiserver", &context.now);
            self.put(&quota_target, &mut quota);
        }
        Ok(())
    }
}

/// A write and the kind of its object.
struct Charge<'c> {
    evaluator: &'c Evaluator,
    object: &'c Value,
    live: Option<&'c Value>,
    /// Whether limits are not checked, because only the status is written.
    is_status: bool,
}

impl Charge<'_> {
    /// Returns what is used after the write; `None` if the quota does not change.
    fn of(&self, quota: &Value) -> Result<Option<ResourceList>, String> {
        let name = text(quota, "name");
        let [hard, used] = ["hard", "used"].map(|part| resources::list(&quota["status"][part]));
        let restricted: BTreeSet<&str> =
            hard.keys().map(String::as_str).filter(|it| self.evaluator.counts(it)).collect();
        if restricted.is_empty() || !self.evaluator.matches(quota, self.object) {
            return Ok(None);
        }
        self.evaluator
            .check_declared(&restricted, self.object)
            .map_err(|reason| format!("failed quota: {name}: {reason}"))?;
        if restricted.iter().any(|resource| !used.contains_key(*resource)) {
            let names: Vec<&str> = restricted.into_iter().collect();
            return Err(format!("status unknown for quota: {name}, resources: {}", names.join(",")));
        }
        let mut requested = self.evaluator.usage(self.object);
        if let Some(live) = self.live.filter(|live| self.evaluator.matches(quota, live)) {
            let before = self.evaluator.usage(live);
            for (resource, quantity) in &mut requested {
                *quantity = before.get(resource).map_or(*quantity, |before| quantity.minus(*before));
            }
        }
        requested.retain(|resource, quantity| quantity.nanos() > 0 && hard.contains_key(resource));
        if requested.is_empty() {
            return Ok(None);
        }
        let mut after = used.clone();
        resources::add(&mut after, &requested);
        let is_exceeded =
            |resource: &String| requested.contains_key(resource) && after[resource].nanos() > hard[resource].nanos();
        let exceeded: Vec<&String> = hard.keys().filter(|resource| is_exceeded(resource)).collect();
        if exceeded.is_empty() || self.is_status {
            return Ok(Some(after));
        }
        let show = |list: &ResourceList| {
            let texts = exceeded.iter().filter_map(|resource| Some(format!("{resource}={}", list.get(*resource)?)));
            texts.collect::<Vec<_>>().join(",")
        };
        Err(format!(
            "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
            show(&requested),
            show(&used),
            show(&hard)
        ))
    }
}

/// Returns the requirements of a quota: its scopes and its selector of scopes.
fn scope_requirements(quota: &Value) -> Vec<Value> {
    let scopes = quota["spec"]["scopes"].as_array().into_iter().flatten();
    let scopes = scopes.map(|scope| json!({"scopeName": scope, "operator": "Exists"}));
    let selected = quota["spec"]["scopeSelector"]["matchExpressions"].as_array().into_iter().flatten();
    scopes.chain(selected.cloned()).collect()
}
