//! Functions of strings. Positions are counted in characters.

use super::function::Function as F;
use super::value::{Error, Result, Val, failed, no_overload};

pub(super) fn call<'v>(function: F, arguments: &[Val<'v>]) -> Result<'v> {
    let Some(Val::Text(text)) = arguments.first() else {
        return match (function, arguments) {
            (F::Join, [Val::List(items), rest @ ..]) => join(&items.all()?, rest),
            _ => no_overload(),
        };
    };
    match (function, &arguments[1..]) {
        (F::Contains, [Val::Text(part)]) => Ok(Val::Bool(text.contains(part.as_ref()))),
        (F::StartsWith, [Val::Text(part)]) => Ok(Val::Bool(text.starts_with(part.as_ref()))),
        (F::EndsWith, [Val::Text(part)]) => Ok(Val::Bool(text.ends_with(part.as_ref()))),
        (F::Matches, [Val::Text(pattern)]) => Ok(Val::Bool(compiled(pattern)?.is_match(text))),
        (F::Find, [Val::Text(pattern)]) => {
            let found = compiled(pattern)?.find(text).map(|found| found.as_str().to_owned());
            Ok(Val::text(found.unwrap_or_default()))
        }
        (F::FindAll, [Val::Text(pattern), rest @ ..]) => {
            let max = match rest {
                [] => usize::MAX,
                [Val::Int(max)] => usize::try_from(*max).unwrap_or(usize::MAX),
                _ => return no_overload(),
            };
            let pattern = compiled(pattern)?;
            let found = pattern.find_iter(text).take(max).map(|found| Val::text(found.as_str().to_owned()));
            Ok(Val::list(found.collect()))
        }
        (F::LowerAscii, []) => Ok(Val::text(text.to_ascii_lowercase())),
        (F::UpperAscii, []) => Ok(Val::text(text.to_ascii_uppercase())),
        (F::Trim, []) => Ok(Val::text(text.trim().to_owned())),
        (F::Quote, []) => Ok(Val::text(crate::object::go::quoted(text))),
        (F::CharAt, [Val::Int(index)]) => char_at(text, *index),
        (F::Substring, [Val::Int(from)]) => substring(text, *from, None),
        (F::Substring, [Val::Int(from), Val::Int(to)]) => substring(text, *from, Some(*to)),
        (F::Replace, [Val::Text(old), Val::Text(new)]) => Ok(Val::text(text.replace(old.as_ref(), new))),
        (F::Replace, [Val::Text(old), Val::Text(new), Val::Int(count)]) => {
            Ok(Val::text(match usize::try_from(*count) {
                Ok(count) => text.replacen(old.as_ref(), new, count),
                Err(_) => text.replace(old.as_ref(), new),
            }))
        }
        (F::Split, [Val::Text(by), rest @ ..]) => match rest {
            [] => Ok(split(text, by, -1)),
            [Val::Int(max)] => Ok(split(text, by, *max)),
            _ => no_overload(),
        },
        (F::IndexOf | F::LastIndexOf, [Val::Text(part), rest @ ..]) => {
            let from = match rest {
                [] => None,
                [Val::Int(from)] => Some(*from),
                _ => return no_overload(),
            };
            index_of(text, part, from, function == F::LastIndexOf).map(Val::Int)
        }
        _ => no_overload(),
    }
}

fn compiled(pattern: &str) -> std::result::Result<regex::Regex, Error> {
    crate::pattern::compile(pattern).map_err(|message| Error::Failed(message.into()))
}

fn characters(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

fn char_at<'v>(text: &str, index: i64) -> Result<'v> {
    if index < 0 || index > characters(text) {
        return failed(format!("index out of range: {index}"));
    }
    let found = usize::try_from(index).ok().and_then(|index| text.chars().nth(index));
    Ok(Val::text(found.map(String::from).unwrap_or_default()))
}

fn substring<'v>(text: &str, from: i64, to: Option<i64>) -> Result<'v> {
    let length = characters(text);
    let to = to.unwrap_or(length);
    if from < 0 || from > length {
        return failed(format!("index out of range: {from}"));
    }
    if to < 0 || to > length {
        return failed(format!("index out of range: {to}"));
    }
    if from > to {
        return failed(format!("invalid substring range. start: {from}, end: {to}"));
    }
    let index = |index: i64| usize::try_from(index).unwrap_or_default();
    Ok(Val::text(text.chars().skip(index(from)).take(index(to - from)).collect::<String>()))
}

fn split<'v>(text: &str, by: &str, max: i64) -> Val<'v> {
    let owned = |part: &str| Val::text(part.to_owned());
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    if max == 0 {
        return Val::list(Vec::new());
    }
    if by.is_empty() {
        let mut parts: Vec<String> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if parts.len() + 1 == max {
                parts.push(rest.to_owned());
                break;
            }
            parts.push(c.to_string());
            rest = &rest[c.len_utf8()..];
        }
        return Val::list(parts.into_iter().map(Val::text).collect());
    }
    Val::list(text.splitn(max, by).map(owned).collect())
}

fn index_of(text: &str, part: &str, from: Option<i64>, last: bool) -> std::result::Result<i64, Error> {
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    let integer = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
    if let Some(from) = from
        && from < 0
    {
        return failed(format!("index out of range: {from}"));
    }
    if part.is_empty() {
        let end = integer(text.len());
        return Ok(from.map_or(if last { end } else { 0 }, |from| from.min(end)));
    }
    let beyond = last && from.is_some_and(|from| from >= integer(text.len()));
    if part.len() > text.len() || beyond {
        return Ok(-1);
    }
    let last_start = text.len() - part.len();
    let start = from.and_then(|from| usize::try_from(from).ok());
    let matches_at = |at: &usize| text[*at..].starts_with(&part);
    let found = if last {
        (0..=start.map_or(last_start, |start| start.min(last_start))).rev().find(matches_at)
    } else {
        (start.unwrap_or_default()..=last_start).find(matches_at)
    };
    Ok(found.map_or(-1, integer))
}

fn join<'v>(items: &[Val<'v>], rest: &[Val<'v>]) -> Result<'v> {
    let by = match rest {
        [] => "",
        [Val::Text(by)] => by,
        _ => return no_overload(),
    };
    let mut texts = Vec::new();
    for item in items {
        match item {
            Val::Text(text) => texts.push(text.as_ref()),
            _ => return no_overload(),
        }
    }
    Ok(Val::text(texts.join(by)))
}
