//! Functions of strings. Positions are counted in characters.

use crate::cel::value::{Error, Result, Val, failed, no_overload};

/// Returns the string arguments of a call.
fn texts<'c, const N: usize>(arguments: &'c [Val<'_>]) -> std::result::Result<[&'c str; N], Error> {
    let mut texts = [""; N];
    for (text, argument) in texts.iter_mut().zip(arguments) {
        let Val::Text(argument) = argument else { return no_overload() };
        *text = argument;
    }
    Ok(texts)
}

/// Returns an optional integer argument.
fn integer(arguments: &[Val<'_>], index: usize) -> std::result::Result<Option<i64>, Error> {
    match arguments.get(index) {
        None => Ok(None),
        Some(Val::Int(value)) => Ok(Some(*value)),
        Some(_) => no_overload(),
    }
}

pub(super) fn contains<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text, part] = texts(arguments)?;
    Ok(Val::Bool(text.contains(part)))
}

pub(super) fn starts_with<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text, part] = texts(arguments)?;
    Ok(Val::Bool(text.starts_with(part)))
}

pub(super) fn ends_with<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text, part] = texts(arguments)?;
    Ok(Val::Bool(text.ends_with(part)))
}

pub(super) fn matches<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text, pattern] = texts(arguments)?;
    Ok(Val::Bool(compile(pattern)?.is_match(text)))
}

pub(super) fn find<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text, pattern] = texts(arguments)?;
    let found = compile(pattern)?.find(text).map(|found| found.as_str().to_owned());
    Ok(Val::text(found.unwrap_or_default()))
}

pub(super) fn find_all<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text, pattern] = texts(arguments)?;
    let max = integer(arguments, 2)?.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
    let pattern = compile(pattern)?;
    let found = pattern.find_iter(text).take(max).map(|found| Val::text(found.as_str().to_owned()));
    Ok(Val::list(found.collect()))
}

pub(super) fn lower_ascii<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text] = texts(arguments)?;
    Ok(Val::text(text.to_ascii_lowercase()))
}

pub(super) fn upper_ascii<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text] = texts(arguments)?;
    Ok(Val::text(text.to_ascii_uppercase()))
}

pub(super) fn trim<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text] = texts(arguments)?;
    Ok(Val::text(text.trim().to_owned()))
}

pub(super) fn quote<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text] = texts(arguments)?;
    Ok(Val::text(crate::object::go::quoted(text)))
}

pub(super) fn replace<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text, old, new] = texts(arguments)?;
    // A negative count means all.
    Ok(Val::text(match integer(arguments, 3)?.and_then(|count| usize::try_from(count).ok()) {
        Some(count) => text.replacen(old, new, count),
        None => text.replace(old, new),
    }))
}

fn compile(pattern: &str) -> std::result::Result<regex::Regex, Error> {
    crate::pattern::compile(pattern).map_err(|message| Error::Failed(message.into()))
}

fn characters(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

pub(super) fn char_at<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text] = texts(arguments)?;
    let Some(index) = integer(arguments, 1)? else { return no_overload() };
    if index < 0 || index > characters(text) {
        return failed(format!("index out of range: {index}"));
    }
    let found = usize::try_from(index).ok().and_then(|index| text.chars().nth(index));
    Ok(Val::text(found.map(String::from).unwrap_or_default()))
}

pub(super) fn substring<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text] = texts(arguments)?;
    let Some(from) = integer(arguments, 1)? else { return no_overload() };
    let length = characters(text);
    let to = integer(arguments, 2)?.unwrap_or(length);
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

pub(super) fn split<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let [text, by] = texts(arguments)?;
    // A negative maximum means no limit.
    let max = integer(arguments, 2)?.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
    if max == 0 {
        return Ok(Val::list(Vec::new()));
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
        return Ok(Val::list(parts.into_iter().map(Val::text).collect()));
    }
    Ok(Val::list(text.splitn(max, by).map(|part| Val::text(part.to_owned())).collect()))
}

pub(super) fn index_of<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    find_index(arguments, false).map(Val::Int)
}

pub(super) fn last_index_of<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    find_index(arguments, true).map(Val::Int)
}

fn find_index(arguments: &[Val<'_>], last: bool) -> std::result::Result<i64, Error> {
    let [text, part] = texts(arguments)?;
    let from = integer(arguments, 2)?;
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    let signed = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
    if let Some(from) = from
        && from < 0
    {
        return failed(format!("index out of range: {from}"));
    }
    if part.is_empty() {
        let end = signed(text.len());
        return Ok(from.map_or(if last { end } else { 0 }, |from| from.min(end)));
    }
    let beyond = last && from.is_some_and(|from| from >= signed(text.len()));
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
    Ok(found.map_or(-1, signed))
}

pub(super) fn join<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let (list, by) = match arguments {
        [Val::List(list)] => (list, ""),
        [Val::List(list), Val::Text(by)] => (list, by.as_ref()),
        _ => return no_overload(),
    };
    let items = list.all()?;
    let mut texts = Vec::new();
    for item in &items {
        match item {
            Val::Text(text) => texts.push(text.as_ref()),
            _ => return no_overload(),
        }
    }
    Ok(Val::text(texts.join(by)))
}
