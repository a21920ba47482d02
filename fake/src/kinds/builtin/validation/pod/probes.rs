//! Validation of probes and lifecycle handlers.

use super::super::field::{Errors, Field};
use super::{Context, rules};

/// Validates a probe, if there is one.
pub(super) fn probe(probe: &Field<'_>, is_readiness: bool, context: &Context<'_>, errors: &mut Errors) {
    if !probe.is_set() {
        return;
    }
    handler(probe, &["exec", "httpGet", "tcpSocket", "grpc"], context, errors);
    for name in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        probe.at(name).non_negative(errors);
    }
    let grace = probe.at("terminationGracePeriodSeconds");
    if grace.is_set() && grace.number() <= 0 {
        grace.invalid(errors, "must be greater than 0");
    }
    if is_readiness {
        if grace.is_set() {
            grace.invalid(errors, "must not be set for readinessProbes");
        }
    } else if probe.at("successThreshold").number() != 1 {
        probe.at("successThreshold").invalid_as(errors, probe.at("successThreshold").number(), "must be 1");
    }
}

/// Validates the handlers of a container.
pub(super) fn lifecycle(lifecycle: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    for name in ["postStart", "preStop"] {
        if lifecycle.at(name).is_set() {
            handler(&lifecycle.at(name), &["exec", "httpGet", "tcpSocket", "sleep"], context, errors);
        }
    }
    let signal = lifecycle.at("stopSignal");
    if signal.is_set() && context.os.is_null() {
        signal.forbidden(errors, "may not be set for containers with empty `spec.os.name`");
    }
}

fn handler(field: &Field<'_>, kinds: &[&str], context: &Context<'_>, errors: &mut Errors) {
    let mut handlers = 0;
    for name in kinds {
        let action = field.at(name);
        if !action.is_set() {
            continue;
        }
        handlers += 1;
        if handlers > 1 {
            action.forbidden(errors, "may not specify more than 1 handler type");
            continue;
        }
        match *name {
            "exec" => action.at("command").require(errors),
            "httpGet" => http_get(&action, errors),
            "tcpSocket" => action.at("port").port_or_name(errors),
            "grpc" => action.at("port").port(errors),
            _ => sleep(&action, context, errors),
        }
    }
    if handlers == 0 {
        field.required(errors, "must specify a handler type");
    }
}

fn sleep(action: &Field<'_>, context: &Context<'_>, errors: &mut Errors) {
    let seconds = action.at("seconds").number();
    if let Some(grace) = context.grace_seconds
        && !(0..=grace).contains(&seconds)
    {
        let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        action.invalid_as(errors, seconds, detail);
    }
}

fn http_get(action: &Field<'_>, errors: &mut Errors) {
    action.at("path").require(errors);
    action.at("port").port_or_name(errors);
    action.at("scheme").one_of(errors, &["HTTP", "HTTPS"]);
    for header in action.items("httpHeaders") {
        let name = header.at("name").text();
        let list = action.at("httpHeaders");
        rules::header(name).into_iter().for_each(|detail| list.invalid_as(errors, name, detail));
    }
}
