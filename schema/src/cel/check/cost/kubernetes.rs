//! Estimates of the costs of functions that Kubernetes estimates itself.
//!
//! Source: `apiserver/pkg/cel/library/cost.go`.

use super::Coster;
use super::estimate::Range;
use super::functions::{Call, Estimate, PATTERN, TRAVERSAL};
use super::sizes::declared_size;
use crate::cel::ast::{Kind, Node};
use crate::cel::check::types::Type;
use crate::cel::expr::Literal;

/// The assumed length of the patterns of named formats.
const MAX_FORMAT_PATTERN: f64 = 128.0;
/// The size of addresses in bytes.
const ADDRESS: Range = Range { min: 4, max: 16 };

/// Functions with a cost of 1.
#[rustfmt::skip]
const ACCESSORS: [&str; 38] = [
    "serviceAccount", "path", "group", "resource", "subresource", "namespace", "name", "allowed", "reason", "error",
    "errored", "masked", "prefixLength", "family", "isUnspecified", "isLoopback", "isLinkLocalMulticast",
    "isLinkLocalUnicast", "isGlobalUnicast", "format.named", "sign", "asInteger", "isInteger", "asApproximateFloat",
    "isGreaterThan", "isLessThan", "compareTo", "add", "sub", "major", "minor", "patch", "getScheme", "getHostname",
    "getHost", "getPort", "getEscapedPath", "getQuery",
];

impl Call<'_> {
    /// Returns the estimate of a function that Kubernetes estimates.
    pub(super) fn of_kubernetes(&self, coster: &mut Coster<'_>, overload: &str) -> Option<Estimate> {
        match self.function {
            "check" => Some((Range::fixed(350_000), None)),
            name if ACCESSORS.contains(&name) => Some((Range::fixed(1), None)),
            "ip" if overload == "cidr_ip" => Some((Range::fixed(1), None)),
            "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" | "includes" => self.of_search(coster),
            "url" => self.size(coster, 0).map(|size| (size.scaled(TRAVERSAL), Some(size))),
            "lowerAscii" | "upperAscii" | "substring" | "trim" => {
                self.target_size(coster).map(|size| (size.scaled(TRAVERSAL), Some(size)))
            }
            "replace" => self.of_replace(coster),
            "split" => self.of_split(coster),
            "join" => self.of_join(coster),
            "find" | "findAll" => {
                let (size, pattern) = (self.target_size(coster)?, self.size(coster, 0)?);
                let cost = size.plus(Range::fixed(1)).scaled(TRAVERSAL).times(pattern.scaled(PATTERN));
                Some((cost, Some(Range { min: 0, max: size.max })))
            }
            "cidr" | "isIP" | "isCIDR" | "ip" | "quantity" | "isQuantity" | "semver" | "isSemver" => {
                self.size(coster, 0).map(|size| (size.scaled(TRAVERSAL), None))
            }
            "ip.isCanonical" => self.size(coster, 0).map(|size| (size.scaled(2.0 * TRAVERSAL), None)),
            "containsIP" | "containsCIDR" => self.of_network(coster, overload),
            "validate" => {
                let size = self.size(coster, 0)?;
                Some((size.scaled(TRAVERSAL).scaled(MAX_FORMAT_PATTERN * PATTERN), None))
            }
            "_==_" => self.of_object_equality(coster),
            _ => None,
        }
    }

    /// Estimates a function that reads a list once, or searches a string.
    fn of_search(&self, coster: &mut Coster<'_>) -> Option<Estimate> {
        let (target, size) = (self.target?, self.target_size(coster)?);
        let Some(item) = first_parameter(coster.checked.type_of(target)).cloned() else {
            let cost = if self.function == "includes" { size } else { size.scaled(TRAVERSAL) };
            return Some((cost, None));
        };
        let mut cost = Range::fixed(1);
        if matches!(item, Type::Text | Type::Bytes) {
            cost = cost.plus(item_size(coster, target).scaled(TRAVERSAL));
        }
        Some((size.times(cost), None))
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn of_replace(&self, coster: &mut Coster<'_>) -> Option<Estimate> {
        let (size, old, new) = (self.target_size(coster)?, self.size(coster, 0)?, self.size(coster, 1)?);
        let times = |size: u64, old: u64| (size as f64 / old as f64).ceil() as u64;
        let (mut count, mut kept) = (Range::fixed(0), Range::fixed(0));
        if old.min == 0 {
            count.max = size.max.saturating_add(1);
            kept.max = size.max;
        } else if new.max <= old.min {
            kept.max = size.max;
        } else {
            count.max = times(size.max, old.min);
        }
        if old.max == 0 {
            count.min = size.min.saturating_add(1);
            kept.min = size.min;
        } else if old.max <= new.min {
            kept.min = size.min;
        } else {
            count.min = times(size.min, old.max);
        }
        Some((size.scaled(2.0 * TRAVERSAL), Some(count.times(new).plus(kept))))
    }

    fn of_split(&self, coster: &mut Coster<'_>) -> Option<Estimate> {
        let size = self.target_size(coster)?;
        let max = match self.arguments.get(1).map(|argument| &argument.kind) {
            Some(Kind::Literal(Literal::Int(max))) => max.cast_unsigned(),
            _ => size.max,
        };
        Some((size.scaled(2.0 * TRAVERSAL), Some(Range { min: 0, max })))
    }

    fn of_join(&self, coster: &mut Coster<'_>) -> Option<Estimate> {
        let (target, count) = (self.target?, self.target_size(coster)?);
        let mut size = Range::fixed(0);
        if first_parameter(coster.checked.type_of(target)).is_some() {
            size = count.times(item_size(coster, target));
        }
        if let Some(separator) = self.size(coster, 0) {
            let separators = Range { min: count.min.saturating_sub(1), max: count.max.saturating_sub(1) };
            size = size.plus(separator.times(separators));
        }
        Some((size.scaled(TRAVERSAL), Some(size)))
    }

    fn of_network(&self, coster: &mut Coster<'_>, overload: &str) -> Option<Estimate> {
        let argument = self.size(coster, 0)?;
        let mut cost = ADDRESS.plus(ADDRESS).scaled(TRAVERSAL);
        if self.function == "containsCIDR" {
            cost = cost.plus(ADDRESS.scaled(TRAVERSAL)).plus(Range::fixed(1));
        }
        if matches!(overload, "cidr_contains_ip_string" | "cidr_contains_cidr_string") {
            cost = cost.plus(argument.scaled(TRAVERSAL));
        }
        Some((cost, None))
    }

    /// Estimates the comparison of objects of the Kubernetes libraries.
    fn of_object_equality(&self, coster: &mut Coster<'_>) -> Option<Estimate> {
        let [left, right] = self.arguments else { return None };
        if coster.checked.type_of(left) != coster.checked.type_of(right) {
            return None;
        }
        match coster.checked.type_of(left) {
            Type::Struct("kubernetes.URL") => {
                let max = coster.size(right).map_or(1, |size| size.max);
                Some((Range { min: 1, max }.scaled(TRAVERSAL), None))
            }
            Type::Struct("kubernetes.NamedFormat") => Some((Range { min: 1, max: 64 }.scaled(TRAVERSAL), None)),
            Type::Opaque(_) | Type::Struct(_) => Some((Range::fixed(1), None)),
            _ => None,
        }
    }
}

/// Returns the first parameter of a type: that of the items of a list.
fn first_parameter(type_: &Type) -> Option<&Type> {
    type_.parameters().first().copied()
}

/// Returns the size of the items of a list.
fn item_size(coster: &Coster<'_>, list: &Node) -> Range {
    let items = coster.path(list).declared(coster.root, true);
    items.map_or(Range::UNKNOWN, |declared| declared_size(&declared))
}
