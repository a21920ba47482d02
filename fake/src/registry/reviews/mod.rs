//! Reviews: requests about users and permissions, whose objects are not stored.
//!
//! Source: `kubernetes/pkg/registry/{authentication,authorization}`.

mod access;
mod selectors;

use kube_structural_schema::object::go;
use serde_json::{Value, json};

use super::{Body, Context, Registry, Target};
use crate::auth::Rule;
use crate::catalogue::Catalogue;
use crate::status::Failure;

impl Registry {
    /// Answers a review.
    pub(crate) fn review(&self, target: &Target, body: Body, context: &mut Context<'_>) -> Result<Value, Failure> {
        let mut review = Self::decode_body(target, body, context)?;
        self.check_review_kind(target, &review)?;
        Self::set_namespace(target, &mut review)?;
        target.create_managers(&mut review, context);
        match target.kind.names.kind.as_str() {
            "SelfSubjectReview" => review_self(&mut review, context),
            "TokenReview" => self.review_token(&mut review)?,
            "SelfSubjectRulesReview" => self.review_rules(&mut review, context)?,
            _ => self.review_access(target, &mut review, context)?,
        }
        target.kind.add_zero_fields(target.version(), &mut review);
        Ok(review)
    }

    /// Rejects objects of another kind.
    pub(super) fn check_review_kind(&self, target: &Target, review: &Value) -> Result<(), Failure> {
        let (kind, found) = (target.kind.names.kind.as_str(), super::kind_of(review));
        if found == kind {
            return Ok(());
        }
        let (group, version) = (target.kind.resource.group.as_str(), target.version().name.as_str());
        let reason = if Catalogue::of(self.kinds.release).kind(group, version, found).is_some() {
            let package = group.split('.').next().filter(|package| !package.is_empty()).unwrap_or("core");
            format!("converting ({version}.{found}) to ({package}.{kind}): unknown conversion")
        } else {
            let api_version = go::quoted(&target.api_version());
            let found = go::quoted(found);
            format!("no kind {found} is registered for version {api_version} in scheme \"pkg/runtime/scheme.go:111\"")
        };
        let version = go::quoted(version);
        Err(Failure::bad_request(format!("{found} in version {version} cannot be handled as a {kind}: {reason}")))
    }

    fn review_token(&self, review: &mut Value) -> Result<(), Failure> {
        let token = review["spec"]["token"].as_str().unwrap_or_default();
        if token.is_empty() {
            return Err(Failure::bad_request("token is required for TokenReview in authentication"));
        }
        let audiences = review["spec"]["audiences"].as_array().into_iter().flatten();
        let audiences: Vec<String> = audiences.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        review["status"] = match self.authenticate(token, &audiences) {
            Ok((user, audiences)) => json!({"authenticated": true, "user": user.info(), "audiences": audiences}),
            Err(error) => json!({"user": {}, "error": error}),
        };
        Ok(())
    }

    /// Replaces the review by one with the rules of the user.
    fn review_rules(&self, review: &mut Value, context: &Context<'_>) -> Result<(), Failure> {
        let namespace = review["spec"]["namespace"].as_str().unwrap_or_default();
        if namespace.is_empty() {
            return Err(Failure::bad_request("no namespace on request"));
        }
        let (rules, errors) = if self.access.rbac {
            self.rules_for(context.user, namespace, None)
        } else {
            (Rule::everything().to_vec(), Vec::new())
        };
        let mut status = json!({
            "resourceRules": rules.iter().filter_map(Rule::resource_rule).collect::<Vec<_>>(),
            "nonResourceRules": rules.iter().filter_map(Rule::non_resource_rule).collect::<Vec<_>>(),
            "incomplete": false,
        });
        if let Some(errors) = super::authorization::aggregate(&errors) {
            status["evaluationError"] = errors.into();
        }
        review["metadata"] = json!({});
        review["spec"] = json!({});
        review["status"] = status;
        Ok(())
    }
}

/// Replaces the review by one that describes the user.
fn review_self(review: &mut Value, context: &Context<'_>) {
    review["metadata"] = json!({"creationTimestamp": context.now});
    review["status"] = json!({"userInfo": context.user.info()});
}
