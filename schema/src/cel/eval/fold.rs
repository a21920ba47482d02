//! Macros that go through a list or a map.

use std::cmp::Ordering;

use super::Evaluation;
use crate::cel::expr::{Expr, Fold, FoldKind};
use crate::cel::value::{Error, Result, Val, failed, no_overload};
use crate::cel::view::Entries;

impl<'v> Evaluation<'v> {
    /// What the variables of a macro are, one time after the other.
    fn rounds(range: &Val<'v>, two: bool) -> std::result::Result<Vec<(Result<'v>, Result<'v>)>, Error> {
        Ok(match range {
            Val::List(items) => (0..items.len())
                .filter_map(|index| {
                    let item = items.get(index)?;
                    let index = Ok(Val::Int(i64::try_from(index).unwrap_or(i64::MAX)));
                    Some(if two { (index, item) } else { (item, index) })
                })
                .collect(),
            Val::Map(entries) => {
                let value =
                    |key: &Val<'v>| entries.get(key).and_then(|value| value.map_or_else(|| failed("no such key"), Ok));
                entries.keys().into_iter().map(|key| (Ok(key.clone()), value(&key))).collect()
            }
            _ => return no_overload(),
        })
    }

    fn round(&mut self, fold: &Fold, first: Result<'v>, second: Result<'v>, expr: &'v Expr) -> Result<'v> {
        if fold.two { self.with([first, second], expr) } else { self.with([first], expr) }
    }

    pub(super) fn fold(&mut self, fold: &'v Fold) -> Result<'v> {
        let range = self.eval(&fold.range)?;
        let rounds = Self::rounds(&range, fold.two)?;
        match fold.kind {
            FoldKind::All | FoldKind::Exists => self.quantified(fold, rounds),
            FoldKind::ExistsOne => self.exactly_one(fold, rounds),
            FoldKind::Filter => self.filtered(fold, rounds),
            FoldKind::Map | FoldKind::TransformList => self.mapped(fold, rounds),
            FoldKind::TransformMap | FoldKind::TransformMapEntry => self.transformed(fold, rounds),
            FoldKind::SortBy => self.sorted(fold, rounds),
        }
    }

    /// `all` and `exists`: one item that decides is enough, whatever becomes of the others.
    fn quantified(&mut self, fold: &'v Fold, rounds: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let decides = fold.kind == FoldKind::Exists;
        let mut trouble = None;
        for (first, second) in rounds {
            self.charge(3)?;
            match self.round(fold, first, second, &fold.body) {
                Ok(Val::Bool(value)) if value == decides => {
                    self.charge(1)?;
                    return Ok(Val::Bool(decides));
                }
                Ok(Val::Bool(_)) => {}
                Ok(_) => trouble = trouble.or(Some(Error::Failed("no such overload".into()))),
                Err(Error::TooCostly) => return Err(Error::TooCostly),
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        self.charge(1)?;
        trouble.map_or(Ok(Val::Bool(!decides)), Err)
    }

    fn exactly_one(&mut self, fold: &'v Fold, rounds: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut count = 0;
        for (first, second) in rounds {
            match self.round(fold, first, second, &fold.body)? {
                Val::Bool(true) => {
                    self.charge(2)?;
                    count += 1;
                }
                Val::Bool(false) => self.charge(1)?,
                _ => return no_overload(),
            }
        }
        self.charge(2)?;
        Ok(Val::Bool(count == 1))
    }

    fn counts(
        &mut self,
        fold: &Fold,
        filter: Option<&'v Expr>,
        round: &(Result<'v>, Result<'v>),
    ) -> std::result::Result<bool, Error> {
        let Some(filter) = filter else { return Ok(true) };
        match self.round(fold, round.0.clone(), round.1.clone(), filter)? {
            Val::Bool(value) => Ok(value),
            _ => no_overload(),
        }
    }

    fn filtered(&mut self, fold: &'v Fold, rounds: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut list = Vec::new();
        for round in rounds {
            let counts = self.counts(fold, Some(&fold.body), &round)?;
            self.charge(if counts { 13 } else { 1 })?;
            if counts {
                list.push(round.0?);
            }
        }
        self.charge(11)?;
        Ok(Val::list(list))
    }

    fn mapped(&mut self, fold: &'v Fold, rounds: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut list = Vec::new();
        for round in rounds {
            if self.counts(fold, fold.filter.as_ref(), &round)? {
                list.push(self.round(fold, round.0, round.1, &fold.body)?);
                self.charge(12)?;
            }
        }
        self.charge(1)?;
        Ok(Val::list(list))
    }

    fn transformed(&mut self, fold: &'v Fold, rounds: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut map: Vec<(Val<'v>, Val<'v>)> = Vec::new();
        for round in rounds {
            if !self.counts(fold, fold.filter.as_ref(), &round)? {
                continue;
            }
            let key = round.0.clone()?;
            let value = self.round(fold, round.0, round.1, &fold.body)?;
            self.charge(32)?;
            match (fold.kind, value) {
                (FoldKind::TransformMapEntry, Val::Map(entries)) => {
                    for key in entries.keys() {
                        if let Some(value) = entries.get(&key)? {
                            put(&mut map, key, value)?;
                        }
                    }
                }
                (FoldKind::TransformMapEntry, _) => return no_overload(),
                (_, value) => put(&mut map, key, value)?,
            }
        }
        self.charge(1)?;
        Ok(Val::Map(Entries::Made(map.into())))
    }

    fn sorted(&mut self, fold: &'v Fold, rounds: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut keyed = Vec::new();
        for (first, second) in rounds {
            let key = self.round(fold, first.clone(), second, &fold.body)?;
            self.charge(12)?;
            keyed.push((key, first?));
        }
        let mut trouble = Ok(());
        keyed.sort_by(|(a, _), (b, _)| match a.order(b) {
            Ok(order) => order.unwrap_or(Ordering::Equal),
            Err(error) => {
                trouble = Err(error);
                Ordering::Equal
            }
        });
        trouble?;
        Ok(Val::list(keyed.into_iter().map(|(_, value)| value).collect()))
    }
}

/// The last entry of a key counts.
pub(super) fn put<'v>(
    map: &mut Vec<(Val<'v>, Val<'v>)>,
    key: Val<'v>,
    value: Val<'v>,
) -> std::result::Result<(), Error> {
    for (name, old) in map.iter_mut() {
        if name.equals(&key)? {
            *old = value;
            return Ok(());
        }
    }
    map.push((key, value));
    Ok(())
}
