//! Estimates of the costs of calls.
//!
//! Source: `cel-go/checker/cost.go`, `cel-go/ext/{lists,sets}.go`.

use super::estimate::Range;
use super::{Coster, LIST};
use crate::cel::ast::{Kind, Node};
use crate::cel::expr::Literal;

/// The cost of each character or byte that is read.
pub(super) const TRAVERSAL: f64 = 0.1;
/// The cost of each character of a pattern.
pub(super) const PATTERN: f64 = 0.25;
/// A call whose arguments have costs.
pub(super) struct Call<'c> {
    pub(super) node: &'c Node,
    pub(super) function: &'c str,
    pub(super) target: Option<&'c Node>,
    pub(super) arguments: &'c [Node],
    pub(super) costs: &'c [Range],
}

/// The cost of a call, and the size of its result if it is not constant.
pub(super) type Estimate = (Range, Option<Range>);

impl Call<'_> {
    /// Returns the cost of an overload including its arguments, and the size of the result.
    pub(super) fn estimate(&self, coster: &mut Coster<'_>, overload: &str) -> Estimate {
        let arguments = self.costs.iter().fold(Range::fixed(0), |sum, cost| sum.plus(*cost));
        let own = self.of_extension(coster, overload).or_else(|| self.of_kubernetes(coster, overload));
        let own = own.or_else(|| self.of_standard_library(coster, overload));
        match own {
            Some((cost, size)) => (cost.plus(arguments), size),
            None => self.of_operator(coster, overload, arguments),
        }
    }

    pub(super) fn target_size(&self, coster: &mut Coster<'_>) -> Option<Range> {
        self.target.map(|target| coster.size_or_unknown(target))
    }

    pub(super) fn size(&self, coster: &mut Coster<'_>, index: usize) -> Option<Range> {
        self.arguments.get(index).map(|argument| coster.size_or_unknown(argument))
    }

    /// Returns the value of a constant argument; `default` for other arguments.
    fn constant(&self, index: usize, default: u64) -> u64 {
        match self.arguments.get(index).map(|argument| &argument.kind) {
            Some(Kind::Literal(Literal::Int(value))) => u64::try_from(*value).unwrap_or_default(),
            _ => default,
        }
    }

    /// Returns the estimate of a function of lists or sets.
    #[allow(clippy::cast_precision_loss)]
    fn of_extension(&self, coster: &mut Coster<'_>, overload: &str) -> Option<Estimate> {
        let list = |factor: f64, size: Range| Some((size.scaled(factor).plus(Range::fixed(1 + LIST)), Some(size)));
        match overload {
            "list_slice" => {
                let size = self.target_size(coster)?;
                let (start, end) = (self.constant(0, 0), self.constant(1, size.max));
                list(1.0, Range::fixed(end.wrapping_sub(start)))
            }
            "list_flatten_int" => list(self.constant(0, u64::MAX) as f64, self.target_size(coster)?),
            "lists_range" => list(1.0, Range::fixed(self.constant(0, u64::MAX))),
            "list_flatten" | "list_reverse" => list(1.0, self.target_size(coster)?),
            "list_distinct" => {
                let size = self.target_size(coster)?;
                list(2.0, size.times(size))
            }
            "list_sets_contains_list" | "list_sets_intersects_list" | "list_sets_equivalent_list" => {
                let factor = if overload == "list_sets_equivalent_list" { 2.0 } else { 1.0 };
                let product = self.size(coster, 0)?.times(self.size(coster, 1)?);
                Some((product.scaled(factor).plus(Range::fixed(1)), None))
            }
            _ if matches!(self.function, "sort" | "@sortByAssociatedKeys") => {
                let size = if self.function == "sort" { self.target_size(coster)? } else { self.size(coster, 0)? };
                let is_text = overload.starts_with("list_string_") || overload.starts_with("list_bytes_");
                list(if is_text { 2.0 + TRAVERSAL } else { 2.0 }, size.times(size))
            }
            _ => None,
        }
    }

    fn of_standard_library(&self, coster: &mut Coster<'_>, overload: &str) -> Option<Estimate> {
        let first = |call: &Self, coster: &mut Coster<'_>| call.size(coster, 0);
        match overload {
            "string_format" => Some((self.target_size(coster)?.scaled(TRAVERSAL), None)),
            "string_to_bytes" => {
                let size = first(self, coster)?;
                Some((size.scaled(TRAVERSAL), Some(Range { min: size.min, max: size.max.wrapping_mul(4) })))
            }
            "bytes_to_string" => {
                let size = first(self, coster)?;
                Some((size.scaled(TRAVERSAL), Some(Range { min: size.min / 4, max: size.max })))
            }
            "strings_quote" => {
                let size = first(self, coster)?;
                let quoted = Range { min: size.min.wrapping_add(2), max: size.max.wrapping_mul(2).wrapping_add(2) };
                Some((size.scaled(TRAVERSAL), Some(quoted)))
            }
            "starts_with_string" | "ends_with_string" => Some((first(self, coster)?.scaled(TRAVERSAL), None)),
            "in_list" => Some((self.size(coster, 1)?.scaled(1.0), None)),
            "matches" | "matches_string" => {
                let (text, pattern) = match self.target_size(coster) {
                    Some(text) => (text, self.size(coster, 0)?),
                    None => (self.size(coster, 0)?, self.size(coster, 1)?),
                };
                Some((text.plus(Range::fixed(1)).scaled(TRAVERSAL).times(pattern.scaled(PATTERN)), None))
            }
            "contains_string" => {
                let (text, part) = (self.target_size(coster)?, self.size(coster, 0)?);
                Some((text.scaled(TRAVERSAL).times(part.scaled(TRAVERSAL)), None))
            }
            "equals" | "not_equals" => self.of_comparison(coster),
            _ if overload.ends_with("_string") || overload.ends_with("_bytes") => match self.function {
                "_<_" | "_<=_" | "_>_" | "_>=_" => self.of_comparison(coster),
                _ => None,
            },
            _ => None,
        }
    }

    fn of_comparison(&self, coster: &mut Coster<'_>) -> Option<Estimate> {
        let max = self.size(coster, 0)?.max.min(self.size(coster, 1)?.max);
        Some((Range { min: max.min(1), max }.scaled(TRAVERSAL), None))
    }

    /// Returns the estimate of an operator with other effects than a sum of costs, or of any other function.
    fn of_operator(&self, coster: &mut Coster<'_>, overload: &str, arguments: Range) -> Estimate {
        match (overload, self.arguments) {
            ("logical_and" | "logical_or", _) => {
                (Range { min: self.costs[0].min, max: self.costs[0].plus(self.costs[1]).max }, None)
            }
            ("conditional", [_, yes, no]) => {
                let size = coster.size_or_unknown(yes).union(coster.size_or_unknown(no));
                if let (Some(yes), Some(no)) = (coster.entry_sizes(yes), coster.entry_sizes(no)) {
                    coster.entries[self.node.id] = Some(yes.union(no));
                }
                (self.costs[0].plus(self.costs[1].union(self.costs[2])), Some(size))
            }
            ("add_string" | "add_bytes" | "add_list", [left, right]) => {
                let size = coster.size_or_unknown(left).plus(coster.size_or_unknown(right));
                if let (Some(left), Some(right)) = (coster.entry_sizes(left), coster.entry_sizes(right)) {
                    coster.entries[self.node.id] = Some(left.union(right));
                }
                let cost = if overload == "add_list" { Range::fixed(1) } else { size.scaled(TRAVERSAL) };
                (cost.plus(arguments), Some(size))
            }
            _ => (Range::fixed(1).plus(arguments), None),
        }
    }
}
