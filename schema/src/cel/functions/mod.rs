//! The table of functions: one row per function.
//!
//! Source: <https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions>, `cel-go/ext`,
//! `apiserver/pkg/cel/library`.

mod address;
mod arguments;
mod convert;
mod format;
mod lists;
pub(super) mod named_format;
mod operators;
mod optional;
mod quantity;
mod text;
mod time;
mod url;
mod version;

use super::cost::{Cost, regex, tenth};
use super::function::Type::{
    Any, Bool, Bytes, Cidr, Double, Duration, Format, Int, Ip, List, Map, Number, Object, Optional, Quantity, Semver,
    Text, Timestamp, Uint, Url,
};
use super::function::{Function, Implementation, Style, Type};
use super::value::Val;

/// Returns the operator with this name in cel-go, such as `_+_`.
pub(super) fn operator_named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.style == Style::Operator && function.name == name)
}

/// Returns the function with this name and number of arguments.
pub(super) fn global_named(name: &str, count: usize) -> Option<&'static Function> {
    find(Style::Global, name, count)
}

/// Returns the method with this name and number of arguments, excluding the receiver.
pub(super) fn method_named(name: &str, count: usize) -> Option<&'static Function> {
    find(Style::Method, name, count + 1)
}

fn find(style: Style, name: &str, count: usize) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| {
        (function.style == style || function.style == Style::GlobalOrMethod)
            && function.name == name
            && function.overloads.iter().any(|types| types.len() == count)
    })
}

/// The argument types of the overloads of a function.
type Overloads = &'static [&'static [Type]];

const fn row(style: Style, name: &'static str, overloads: Overloads, cost: Cost, call: Implementation) -> Function {
    Function { name, style, overloads, cost, implementation: call }
}

const fn operator(name: &'static str, overloads: Overloads, cost: Cost, call: Implementation) -> Function {
    row(Style::Operator, name, overloads, cost, call)
}

const fn global(name: &'static str, overloads: Overloads, cost: Cost, call: Implementation) -> Function {
    row(Style::Global, name, overloads, cost, call)
}

const fn method(name: &'static str, overloads: Overloads, cost: Cost, call: Implementation) -> Function {
    row(Style::Method, name, overloads, cost, call)
}

const fn global_or_method(name: &'static str, overloads: Overloads, cost: Cost, call: Implementation) -> Function {
    row(Style::GlobalOrMethod, name, overloads, cost, call)
}

const ONE: Cost = |_| 1;
const ORDERED: Overloads =
    &[&[Bool, Bool], &[Number, Number], &[Text, Text], &[Bytes, Bytes], &[Duration, Duration], &[Timestamp, Timestamp]];
const ORDERING: Cost = |call| if call.is_sequence(0) { call.comparison() } else { 1 };
const EQUALITY: Cost = |call| if let Val::Object(_) = call.arguments[0] { 1 } else { call.comparison() };
const NUMBERS: Overloads = &[&[Int, Int], &[Uint, Uint], &[Double, Double]];
const OF_DATE: Overloads = &[&[Timestamp], &[Timestamp, Text]];
const OF_TIME: Overloads = &[&[Timestamp], &[Timestamp, Text], &[Duration]];
const COMPARABLE: Overloads = &[&[Quantity, Quantity], &[Semver, Semver]];

#[rustfmt::skip]
static FUNCTIONS: &[Function] = &[
    // Operators
    operator("_==_", &[&[Any, Any]], EQUALITY, |a| Ok(Val::Bool(a[0].equals(&a[1])?))),
    operator("_!=_", &[&[Any, Any]], EQUALITY, |a| Ok(Val::Bool(!a[0].equals(&a[1])?))),
    operator("_<_", ORDERED, ORDERING, |a| operators::ordered(a, std::cmp::Ordering::is_lt)),
    operator("_<=_", ORDERED, ORDERING, |a| operators::ordered(a, std::cmp::Ordering::is_le)),
    operator("_>_", ORDERED, ORDERING, |a| operators::ordered(a, std::cmp::Ordering::is_gt)),
    operator("_>=_", ORDERED, ORDERING, |a| operators::ordered(a, std::cmp::Ordering::is_ge)),
    operator("@in", &[&[Any, List], &[Any, Map]], |call| if let Val::List(_) = call.arguments[1] { call.size(1) } else { 1 }, operators::contains),
    operator("_+_", &[
        &[Int, Int], &[Uint, Uint], &[Double, Double], &[Text, Text], &[Bytes, Bytes], &[List, List],
        &[Duration, Duration], &[Timestamp, Duration], &[Duration, Timestamp],
    ], |call| if call.is_sequence(0) { tenth(call.size(0) + call.size(1)) } else { 1 }, operators::add),
    operator("_-_", &[
        &[Int, Int], &[Uint, Uint], &[Double, Double], &[Duration, Duration], &[Timestamp, Timestamp],
        &[Timestamp, Duration],
    ], ONE, operators::subtract),
    operator("_*_", NUMBERS, ONE, operators::multiply),
    operator("_/_", NUMBERS, ONE, operators::divide),
    operator("_%_", &[&[Int, Int], &[Uint, Uint]], ONE, operators::modulo),
    operator("-_", &[&[Int], &[Double], &[Duration]], ONE, operators::negate),
    // Types
    global("bool", &[&[Bool], &[Text]], ONE, convert::to_bool),
    global("bytes", &[&[Bytes], &[Text]], |call| tenth(call.size(0)), convert::to_bytes),
    global("double", &[&[Double], &[Int], &[Uint], &[Text]], ONE, convert::to_double),
    global("duration", &[&[Duration], &[Text], &[Int]], ONE, convert::to_duration),
    global("dyn", &[&[Any]], |_| 0, |a| Ok(a[0].clone())),
    global("int", &[&[Int], &[Uint], &[Double], &[Text], &[Timestamp], &[Duration]], ONE, convert::to_int),
    global("string", &[
        &[Text], &[Bool], &[Int], &[Uint], &[Double], &[Bytes], &[Object], &[Timestamp], &[Duration],
    ], |call| if call.is_sequence(0) { tenth(call.size(0)) } else { 1 }, convert::to_string),
    global("timestamp", &[&[Timestamp], &[Text], &[Int]], ONE, convert::to_timestamp),
    global("type", &[&[Any]], ONE, |a| Ok(Val::Type(a[0].type_name()))),
    global("uint", &[&[Uint], &[Int], &[Double], &[Text]], ONE, convert::to_uint),
    global_or_method("size", &[&[Text], &[Bytes], &[List], &[Map]], ONE, |a| Ok(Val::Int(i64::try_from(a[0].size()).unwrap_or(i64::MAX)))),
    // Strings
    method("charAt", &[&[Text, Int]], ONE, text::char_at),
    method("contains", &[&[Text, Text]], |call| tenth(call.size(0)) * tenth(call.size(1)), text::contains),
    method("endsWith", &[&[Text, Text]], |call| tenth(call.size(1)), text::ends_with),
    method("find", &[&[Text, Text]], |call| regex(call.size(0), call.size(1)), text::find),
    method("findAll", &[&[Text, Text], &[Text, Text, Int]], |call| regex(call.size(0), call.size(1)), text::find_all),
    method("format", &[&[Text, List]], ONE, format::call),
    method("indexOf", &[&[Text, Text], &[Text, Text, Int], &[List, Any]], |call| call.traversal(0), |a| if let Val::List(_) = a[0] { lists::index_of(a) } else { text::index_of(a) }),
    method("join", &[&[List], &[List, Text]], |call| (call.result.size() * 2).div_ceil(10), text::join),
    method("lastIndexOf", &[&[Text, Text], &[Text, Text, Int], &[List, Any]], |call| call.traversal(0), |a| if let Val::List(_) = a[0] { lists::last_index_of(a) } else { text::last_index_of(a) }),
    method("lowerAscii", &[&[Text]], |call| tenth(call.size(0)), text::lower_ascii),
    global_or_method("matches", &[&[Text, Text]], |call| regex(call.size(0), call.size(1)), text::matches),
    method("replace", &[&[Text, Text, Text], &[Text, Text, Text, Int]], |call| tenth(call.size(0) * 2), text::replace),
    method("split", &[&[Text, Text], &[Text, Text, Int]], |call| tenth(call.size(0) * 2), text::split),
    method("startsWith", &[&[Text, Text]], |call| tenth(call.size(1)), text::starts_with),
    global("strings.quote", &[&[Text]], |call| tenth(call.size(0)), text::quote),
    method("substring", &[&[Text, Int], &[Text, Int, Int]], |call| tenth(call.size(0)), text::substring),
    method("trim", &[&[Text]], |call| tenth(call.size(0)), text::trim),
    method("upperAscii", &[&[Text]], |call| tenth(call.size(0)), text::upper_ascii),
    // Lists
    method("distinct", &[&[List]], ONE, lists::distinct),
    method("first", &[&[List]], ONE, lists::first),
    method("flatten", &[&[List], &[List, Int]], ONE, lists::flatten),
    method("includes", &[&[List, Any]], |call| call.traversal(0), lists::includes),
    method("isSorted", &[&[List]], |call| call.traversal(0), lists::is_sorted),
    method("last", &[&[List]], ONE, lists::last),
    global("lists.range", &[&[Int]], ONE, lists::range),
    method("max", &[&[List]], |call| call.traversal(0), lists::max),
    method("min", &[&[List]], |call| call.traversal(0), lists::min),
    method("reverse", &[&[List]], ONE, lists::reverse),
    method("slice", &[&[List, Int, Int]], ONE, lists::slice),
    method("sort", &[&[List]], ONE, lists::sort),
    method("sum", &[&[List]], |call| call.traversal(0), lists::sum),
    global("sets.contains", &[&[List, List]], ONE, lists::set_contains),
    global("sets.equivalent", &[&[List, List]], ONE, lists::set_equivalent),
    global("sets.intersects", &[&[List, List]], ONE, lists::set_intersects),
    // Durations and timestamps
    method("getDate", OF_DATE, ONE, |a| time::date_part(a, |at| i32::from(at.day()))),
    method("getDayOfMonth", OF_DATE, ONE, |a| time::date_part(a, |at| i32::from(at.day()) - 1)),
    method("getDayOfWeek", OF_DATE, ONE, |a| time::date_part(a, |at| i32::from(at.weekday().to_sunday_zero_offset()))),
    method("getDayOfYear", OF_DATE, ONE, |a| time::date_part(a, |at| i32::from(at.day_of_year()) - 1)),
    method("getFullYear", OF_DATE, ONE, |a| time::date_part(a, |at| i32::from(at.year()))),
    method("getMonth", OF_DATE, ONE, |a| time::date_part(a, |at| i32::from(at.month()) - 1)),
    method("getHours", OF_TIME, ONE, |a| time::time_part(a, |at| i32::from(at.hour()), |duration| i128::from(duration.as_hours()))),
    method("getMinutes", OF_TIME, ONE, |a| time::time_part(a, |at| i32::from(at.minute()), |duration| i128::from(duration.as_mins()))),
    method("getSeconds", OF_TIME, ONE, |a| time::time_part(a, |at| i32::from(at.second()), |duration| i128::from(duration.as_secs()))),
    method("getMilliseconds", OF_TIME, ONE, |a| time::time_part(a, |at| i32::from(at.millisecond()), |duration| duration.as_millis())),
    // Optional values
    method("hasValue", &[&[Optional]], ONE, optional::has_value),
    global("optional.none", &[&[]], ONE, |_| Ok(Val::Optional(None))),
    global("optional.of", &[&[Any]], ONE, |a| Ok(optional::some(a[0].clone()))),
    global("optional.ofNonZeroValue", &[&[Any]], ONE, optional::of_non_zero_value),
    global("optional.unwrap", &[&[List]], ONE, optional::unwrap),
    method("or", &[&[Optional, Optional]], ONE, optional::or),
    method("orValue", &[&[Optional, Any]], ONE, optional::or_value),
    method("unwrapOpt", &[&[List]], ONE, optional::unwrap),
    method("value", &[&[Optional]], ONE, optional::value),
    // Addresses
    global("cidr", &[&[Text]], |call| tenth(call.size(0)), address::cidr),
    method("containsCIDR", &[&[Cidr, Text], &[Cidr, Cidr]], |call| tenth(call.size(0) * 2) + tenth(call.size(0)) + 1 + call.parsing(1), address::contains_cidr),
    method("containsIP", &[&[Cidr, Text], &[Cidr, Ip]], |call| tenth(call.size(0) * 2) + call.parsing(1), address::contains_ip),
    method("family", &[&[Ip]], ONE, address::family),
    global("ip", &[&[Text]], |call| tenth(call.size(0)), address::ip),
    method("ip", &[&[Cidr]], ONE, address::address_of),
    global("ip.isCanonical", &[&[Text]], |call| tenth(call.size(0) * 2), address::is_canonical),
    global("isCIDR", &[&[Text]], |call| tenth(call.size(0)), address::is_cidr),
    method("isGlobalUnicast", &[&[Ip]], ONE, address::is_global_unicast),
    global("isIP", &[&[Text]], |call| tenth(call.size(0)), address::is_ip),
    method("isLinkLocalMulticast", &[&[Ip]], ONE, address::is_link_local_multicast),
    method("isLinkLocalUnicast", &[&[Ip]], ONE, address::is_link_local_unicast),
    method("isLoopback", &[&[Ip]], ONE, address::is_loopback),
    method("isUnspecified", &[&[Ip]], ONE, address::is_unspecified),
    method("masked", &[&[Cidr]], ONE, address::masked),
    method("prefixLength", &[&[Cidr]], ONE, address::prefix_length),
    // URLs
    method("getEscapedPath", &[&[Url]], ONE, url::escaped_path),
    method("getHost", &[&[Url]], ONE, url::host),
    method("getHostname", &[&[Url]], ONE, url::hostname),
    method("getPort", &[&[Url]], ONE, url::port),
    method("getQuery", &[&[Url]], ONE, url::query),
    method("getScheme", &[&[Url]], ONE, url::scheme),
    global("isURL", &[&[Text]], ONE, url::is_url),
    global("url", &[&[Text]], |call| tenth(call.size(0)), url::url),
    // Quantities and versions
    method("add", &[&[Quantity, Quantity], &[Quantity, Int]], ONE, quantity::add),
    method("asApproximateFloat", &[&[Quantity]], ONE, quantity::as_approximate_float),
    method("asInteger", &[&[Quantity]], ONE, quantity::as_integer),
    method("compareTo", COMPARABLE, ONE, |a| operators::compare_objects(a, |order| Val::Int(order as i64))),
    method("isGreaterThan", COMPARABLE, ONE, |a| operators::compare_objects(a, |order| Val::Bool(order.is_gt()))),
    method("isInteger", &[&[Quantity]], ONE, quantity::is_integer),
    method("isLessThan", COMPARABLE, ONE, |a| operators::compare_objects(a, |order| Val::Bool(order.is_lt()))),
    global("isQuantity", &[&[Text]], |call| tenth(call.size(0)), quantity::is_quantity),
    global("isSemver", &[&[Text], &[Text, Bool]], |call| tenth(call.size(0)), version::is_semver),
    method("major", &[&[Semver]], ONE, |a| version::part(a, |version| version.major)),
    method("minor", &[&[Semver]], ONE, |a| version::part(a, |version| version.minor)),
    method("patch", &[&[Semver]], ONE, |a| version::part(a, |version| version.patch)),
    global("quantity", &[&[Text]], |call| tenth(call.size(0)), quantity::quantity),
    global("semver", &[&[Text], &[Text, Bool]], |call| tenth(call.size(0)), version::semver),
    global("sign", &[&[Quantity]], ONE, quantity::sign),
    method("sub", &[&[Quantity, Quantity], &[Quantity, Int]], ONE, quantity::sub),
    // Formats
    global("format.named", &[&[Text]], ONE, named_format::named),
    method("validate", &[&[Format, Text]], |call| regex(call.size(1), named_format::regex_size(call.arguments)), named_format::validate),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_one_row() {
        for (index, function) in FUNCTIONS.iter().enumerate() {
            let is_same = |other: &&Function| other.name == function.name && other.style == function.style;
            assert!(FUNCTIONS[..index].iter().find(is_same).is_none(), "{}", function.name);
        }
    }
}
