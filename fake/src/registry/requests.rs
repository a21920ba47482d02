//! Subresources to which objects are only sent: bindings and evictions of pods, and tokens of service accounts.
//!
//! Source: `kubernetes/pkg/registry/core/pod/storage/{storage,eviction}.go`, `core/serviceaccount/storage/token.go`.

use ::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kube_structural_schema::object::FieldError;
use serde_json::{Value, json};

use super::{Body, Context, DeleteOptions, DeleteOutcome, Registry, Target};
use crate::auth::{Account, ISSUER, User};
use crate::catalogue::{self, Catalogue};
use crate::kinds::Subresource;
use crate::kinds::builtin::validation::labels;
use crate::metadata::{self, get, set, text};
use crate::status::Failure;

/// The shortest validity of a token, in seconds.
const SHORTEST_TOKEN: i64 = 600;
/// The validity of a token unless the request has one, in seconds.
const DEFAULT_TOKEN: i64 = 3600;

impl Subresource {
    /// Returns the group, version and kind of the objects that are sent; `None` for parts of the object.
    pub(crate) fn request_kind(self) -> Option<[&'static str; 3]> {
        match self {
            Subresource::Binding => Some(["", "v1", "Binding"]),
            Subresource::Eviction => Some(["policy", "v1", "Eviction"]),
            Subresource::Token => Some(["authentication.k8s.io", "v1", "TokenRequest"]),
            _ => None,
        }
    }
}

impl Registry {
    /// Handles an object that is sent to a subresource, and returns the response.
    pub(super) fn request_of(
        &mut self,
        target: &Target,
        body: Body,
        context: &mut Context<'_>,
    ) -> Result<Value, Failure> {
        let subresource = if target.kind.is_binding() { Subresource::Binding } else { target.subresource };
        let [group, version, kind] = subresource.request_kind().ok_or_else(Failure::path_not_found)?;
        let mut request = body.object;
        if let Some(error) = body.error {
            return Err(Failure::bad_request(error));
        }
        if let Some(type_) = Catalogue::of(self.kinds.release).kind(group, version, kind) {
            let result = catalogue::decode(type_, &mut request);
            result.map_err(|error| {
                Failure::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {error}"))
            })?;
        }
        self.check_namespace(target, &request)?;
        if subresource == Subresource::Binding {
            if target.kind.is_binding() {
                self.check_review_kind(target, &request)?;
                // The uid is only a precondition if the binding is sent to the pod.
                set(&mut request, "uid", None);
            }
            let pod = self.bound_pod(target, &request)?;
            return self.bind(&pod, &request, context);
        }
        let live = self.get(target)?;
        match target.subresource {
            Subresource::Eviction => self.evict(target, &request, &live, context.options.dry_run),
            _ => self.issue_token(target, request, &live),
        }
    }

    /// Deletes a pod unless a disruption budget forbids it.
    fn evict(&mut self, target: &Target, eviction: &Value, pod: &Value, dry_run: bool) -> Result<Value, Failure> {
        let options = eviction.get("deleteOptions").filter(|options| !options.is_null()).cloned();
        let mut options = match options {
            Some(options) => DeleteOptions::decode(&options, String::new)?,
            None => DeleteOptions::default(),
        };
        // The values of `dryRun` have been validated: there is only `All`.
        if dry_run && !options.is_dry_run() {
            options.dry_run = Some(vec!["All".to_owned()]);
        }
        if !matches!(pod.pointer("/status/phase").and_then(Value::as_str), Some("Succeeded" | "Failed")) {
            self.use_disruption_budget(target, pod, options.is_dry_run())?;
        }
        let target = Target { subresource: Subresource::None, ..target.clone() };
        match self.delete_object(&target, &options)? {
            DeleteOutcome::Status(_) | DeleteOutcome::Object(_) => Ok(success()),
        }
    }

    /// Reduces the disruptions that the budget of a pod allows.
    fn use_disruption_budget(&mut self, target: &Target, pod: &Value, dry_run: bool) -> Result<(), Failure> {
        let Some(kind) = self.kinds.get("policy", "poddisruptionbudgets").cloned() else { return Ok(()) };
        let mut budgets = self.objects_of(&kind, Some(&target.namespace));
        let labels = get(pod, "labels").cloned().unwrap_or_default();
        budgets.retain(|budget| labels::matches(&budget["spec"]["selector"], &labels) == Some(true));
        let mut budget = match budgets.len() {
            0 => return Ok(()),
            1 => budgets.remove(0),
            _ => {
                let message =
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
                return Err(Failure::untyped(message));
            }
        };
        let name = text(&budget, "name").to_owned();
        let allowed = budget.pointer("/status/disruptionsAllowed").and_then(Value::as_i64).unwrap_or_default();
        let observed = budget.pointer("/status/observedGeneration").and_then(Value::as_i64).unwrap_or_default();
        let refused = |cause: String| {
            let message = "Cannot evict pod as it would violate the pod's disruption budget.";
            let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message);
            Err(failure.with_causes([("DisruptionBudget".to_owned(), cause, String::new())]))
        };
        if observed < metadata::generation(&budget) {
            return refused(format!("The disruption budget {name} is still being processed by the server."));
        }
        if allowed <= 0 {
            let of_status = |field: &str| budget["status"][field].as_i64().unwrap_or_default();
            let (desired, current) = (of_status("desiredHealthy"), of_status("currentHealthy"));
            return refused(format!(
                "The disruption budget {name} needs {desired} healthy pods and has {current} currently"
            ));
        }
        if !dry_run {
            budget["status"]["disruptionsAllowed"] = (allowed - 1).into();
            let budget_target = Target::of_object(&kind, &budget);
            self.put(&budget_target, &mut budget);
        }
        Ok(())
    }

    /// Issues a token.
    fn issue_token(&mut self, target: &Target, mut request: Value, account: &Value) -> Result<Value, Failure> {
        let seconds = request.pointer("/spec/expirationSeconds").and_then(Value::as_i64).unwrap_or(DEFAULT_TOKEN);
        let error = |detail| FieldError::invalid("spec.expirationSeconds", seconds, detail);
        let wrong = match seconds {
            ..SHORTEST_TOKEN => Some("may not specify a duration less than 10 minutes"),
            0x1_0000_0001.. => Some("may not specify a duration larger than 2^32 seconds"),
            _ => None,
        };
        if let Some(detail) = wrong {
            return Err(Failure::invalid("TokenRequest", "authentication.k8s.io", "", &[error(detail)]));
        }
        let expires = self.clock.now().as_second().saturating_add(seconds);
        let mut audiences = request.pointer("/spec/audiences").cloned().unwrap_or_default();
        if audiences.as_array().is_none_or(Vec::is_empty) {
            audiences = json!([ISSUER]);
        }
        let token = self.new_token(target, account, &audiences, expires);
        let expiration = jiff::Timestamp::from_second(expires).unwrap_or(jiff::Timestamp::MAX);
        request["apiVersion"] = "authentication.k8s.io/v1".into();
        request["kind"] = "TokenRequest".into();
        request["spec"]["audiences"] = audiences;
        request["spec"]["expirationSeconds"] = seconds.into();
        request["status"] =
            json!({"token": token, "expirationTimestamp": expiration.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()});
        set(&mut request, "name", Some(target.name.clone().into()));
        set(&mut request, "uid", get(account, "uid").cloned());
        set(&mut request, "namespace", Some(target.namespace.clone().into()));
        set(&mut request, "creationTimestamp", Some(self.clock.rfc3339().into()));
        Ok(request)
    }

    /// Creates a token of a service account, by which the server identifies it.
    fn new_token(&mut self, target: &Target, account: &Value, audiences: &Value, expires: i64) -> String {
        let now = self.clock.now().as_second();
        let id = self.new_uid();
        let claims = json!({
            "aud": audiences,
            "exp": expires,
            "iat": now,
            "iss": ISSUER,
            "jti": id,
            "kubernetes.io": {
                "namespace": target.namespace,
                "serviceaccount": {"name": target.name, "uid": get(account, "uid")},
            },
            "nbf": now,
            "sub": format!("system:serviceaccount:{}:{}", target.namespace, target.name),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signature: [u8; 32] = std::array::from_fn(|_| self.random.u8(..));
        let head = part(&json!({"alg": "none", "kid": "in-memory"}));
        let token = format!("{head}.{}.{}", part(&claims), URL_SAFE_NO_PAD.encode(signature));
        let user = User::service_account(&target.namespace, &target.name)
            .with_uid(text(account, "uid"))
            .with_extra("authentication.kubernetes.io/credential-id", [format!("JTI={id}")]);
        let owner = Account {
            namespace: target.namespace.clone(),
            name: target.name.clone(),
            uid: text(account, "uid").to_owned(),
            expires,
        };
        let names = audiences.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
        self.access.tokens.add_account(&token, user, names.collect(), owner);
        token
    }
}

pub(super) fn success() -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201})
}
