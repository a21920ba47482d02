//! Impersonation: requests of one user as another.
//!
//! Source: `apiserver/pkg/endpoints/filters/impersonation/{constrained_impersonation,mode}.go`.

use std::collections::BTreeMap;

use ::http::HeaderMap;
use kube_structural_schema::object::{go, names, percent};

use super::user::{ANONYMOUS, AUTHENTICATED, MASTERS, UNAUTHENTICATED, service_account_of};
use super::{Attributes, Decision, User};
use crate::status::Failure;

const EXTRA_PREFIX: &str = "impersonate-extra-";
const AUTHENTICATION: &str = "authentication.k8s.io";
const NODE: &str = "system:node:";

/// The user that the headers of a request name.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    name: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
}

impl Wanted {
    /// Reads the headers. `None` if the request does not impersonate.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Failure> {
        if !headers.keys().any(|name| name.as_str().starts_with("impersonate-")) {
            return Ok(None);
        }
        let all = |name: &str| -> Vec<String> {
            let values = headers.get_all(name).iter();
            values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
        };
        let first = |name: &str| all(name).into_iter().next().unwrap_or_default();
        let keys = headers.keys().filter_map(|name| name.as_str().strip_prefix(EXTRA_PREFIX));
        let extra = keys.map(|key| (percent::decode(key), all(&format!("{EXTRA_PREFIX}{key}"))));
        let wanted = Wanted {
            name: first("impersonate-user"),
            uid: first("impersonate-uid"),
            groups: all("impersonate-group"),
            extra: extra.collect(),
        };
        if !wanted.name.is_empty() {
            return Ok(Some(wanted));
        }
        if wanted.uid.is_empty() && wanted.groups.is_empty() && wanted.extra.is_empty() {
            return Ok(None);
        }
        let message = format!("requested {} without impersonating a user name", wanted.go_syntax());
        Err(Failure::bad_request(message))
    }

    /// Formats the user as Go's `%#v` does.
    fn go_syntax(&self) -> String {
        let list = |texts: &[String]| match texts {
            [] => "[]string(nil)".to_owned(),
            texts => {
                let texts: Vec<String> = texts.iter().map(|text| go::quoted(text)).collect();
                format!("[]string{{{}}}", texts.join(", "))
            }
        };
        let extra: Vec<String> =
            self.extra.iter().map(|(key, values)| format!("{}:{}", go::quoted(key), list(values))).collect();
        let extra = if extra.is_empty() { "(nil)".to_owned() } else { format!("{{{}}}", extra.join(", ")) };
        format!(
            "&user.DefaultInfo{{Name:\"\", UID:{}, Groups:{}, Extra:map[string][]string{extra}}}",
            go::quoted(&self.uid),
            list(&self.groups)
        )
    }

    fn has_only_name(&self) -> bool {
        self.uid.is_empty() && self.groups.is_empty() && self.extra.is_empty()
    }

    /// Returns the node whose user is named.
    fn node(&self) -> Option<&str> {
        self.name.strip_prefix(NODE).filter(|name| names::subdomain(name).is_empty())
    }

    /// Returns the constrained mode that applies to the user and supports the other headers.
    fn mode(&self) -> Option<&'static str> {
        let (mode, is_fixed) = match () {
            () if self.node().is_some() => ("arbitrary-node", true),
            () if service_account_of(&self.name).is_some() => ("serviceaccount", true),
            () => ("user-info", false),
        };
        (!is_fixed || self.has_only_name()).then_some(mode)
    }

    /// Returns what the requestor must be allowed to impersonate.
    fn attributes(&self, mode: Option<&str>) -> Vec<Attributes> {
        let (verb, group) = match mode {
            Some(mode) => (format!("impersonate:{mode}"), AUTHENTICATION),
            None => ("impersonate".to_owned(), ""),
        };
        let of = |group: &str, resource: &str, subresource: &str, name: &str| Attributes {
            is_resource: true,
            verb: verb.clone(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        let user = match (service_account_of(&self.name), self.node().filter(|_| mode.is_some())) {
            (Some((namespace, name)), _) => {
                Attributes { namespace: namespace.to_owned(), ..of(group, "serviceaccounts", "", name) }
            }
            (None, Some(node)) => of(group, "nodes", "", node),
            (None, None) => of(group, "users", "", &self.name),
        };
        let mut all = vec![user];
        if !self.uid.is_empty() {
            all.push(of(AUTHENTICATION, "uids", "", &self.uid));
        }
        all.extend(self.groups.iter().map(|name| of(group, "groups", "", name)));
        for (key, values) in &self.extra {
            all.extend(values.iter().map(|value| of(AUTHENTICATION, "userextras", key, value)));
        }
        all
    }

    /// Returns the impersonated user.
    fn into_user(self, mode: Option<&str>) -> User {
        let mut user = match service_account_of(&self.name).filter(|_| self.groups.is_empty()) {
            Some((namespace, name)) => User::service_account(namespace, name),
            None => User::new(self.name.as_str()),
        };
        if mode == Some("arbitrary-node") {
            user = user.with_group("system:nodes");
        }
        user = self.groups.into_iter().fold(user, User::with_group).with_uid(self.uid);
        user = self.extra.into_iter().fold(user, |user, (key, values)| user.with_extra(key, values));
        let group = if user.name() == ANONYMOUS { UNAUTHENTICATED } else { AUTHENTICATED };
        if user.is_in(group) || user.is_in(UNAUTHENTICATED) { user } else { user.with_group(group) }
    }
}

/// Returns the impersonated user if the requestor is allowed to impersonate it for this request: by the constrained
/// mode, if the release has it, or else by the verb `impersonate`.
pub(crate) fn impersonate(
    wanted: Wanted,
    requestor: &User,
    request: &Attributes,
    has_constrained: bool,
    authorize: impl Fn(&Attributes) -> Decision,
) -> Result<User, Failure> {
    let check = |attributes: &Attributes| {
        let Decision { allowed, reason } = authorize(attributes);
        if allowed { Ok(()) } else { Err(attributes.forbidden(requestor, &reason)) }
    };
    let mut first_failure = None;
    if let Some(mode) = wanted.mode().filter(|_| has_constrained) {
        let on = Attributes { verb: format!("impersonate-on:{mode}:{}", request.verb), ..request.clone() };
        let result = check(&on)
            .and_then(|()| check_privileged(&wanted, mode, requestor))
            .and_then(|()| wanted.attributes(Some(mode)).iter().try_for_each(check));
        match result {
            Ok(()) => return Ok(wanted.into_user(Some(mode))),
            Err(failure) => first_failure = Some(failure),
        }
    }
    match wanted.attributes(None).iter().try_for_each(check) {
        Ok(()) => Ok(wanted.into_user(None)),
        Err(failure) => Err(first_failure.unwrap_or(failure)),
    }
}

/// Rejects groups that the constrained modes do not permit.
fn check_privileged(wanted: &Wanted, mode: &str, requestor: &User) -> Result<(), Failure> {
    let forbidden = |name: &str, reason: &str| {
        let attributes = Attributes {
            is_resource: true,
            verb: format!("impersonate:{mode}"),
            group: AUTHENTICATION.to_owned(),
            resource: "groups".to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        Err(attributes.forbidden(requestor, reason))
    };
    if wanted.groups.iter().any(String::is_empty) {
        return forbidden("", "impersonating the empty string group is not allowed");
    }
    if wanted.groups.iter().any(|group| group == MASTERS) {
        return forbidden(MASTERS, "impersonating the system:masters group is not allowed");
    }
    Ok(())
}
