//! Functions of URLs.

use super::arguments::{parsed, text};
use crate::cel::library::Object;
use crate::cel::library::url::Url;
use crate::cel::value::{Error, Result, Val, no_overload};
use crate::cel::view::Entries;

fn receiver<'c>(arguments: &'c [Val<'_>]) -> std::result::Result<&'c Url, Error> {
    match arguments.first() {
        Some(Val::Object(object)) => match &**object {
            Object::Url(url) => Ok(url),
            _ => no_overload(),
        },
        _ => no_overload(),
    }
}

pub(super) fn url<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    parsed(Url::parse(text(arguments)?).map(Object::Url))
}

pub(super) fn is_url<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::Bool(Url::parse(text(arguments)?).is_ok()))
}

pub(super) fn scheme<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::text(receiver(arguments)?.scheme.clone()))
}

pub(super) fn host<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::text(receiver(arguments)?.host.clone()))
}

pub(super) fn hostname<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::text(receiver(arguments)?.hostname().to_owned()))
}

pub(super) fn port<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::text(receiver(arguments)?.port().to_owned()))
}

pub(super) fn escaped_path<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    Ok(Val::text(receiver(arguments)?.escaped_path()))
}

pub(super) fn query<'v>(arguments: &[Val<'v>]) -> Result<'v> {
    let entry = |(name, values): (String, Vec<String>)| {
        (Val::text(name), Val::list(values.into_iter().map(Val::text).collect()))
    };
    let entries: Vec<_> = receiver(arguments)?.query().into_iter().map(entry).collect();
    Ok(Val::Map(Entries::Owned(entries.into())))
}
