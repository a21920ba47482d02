//! Macros over lists and maps.

use super::Evaluation;
use crate::cel::cost::fold as cost;
use crate::cel::expr::{Expr, Fold, FoldKind};
use crate::cel::value::{Error, Result, Val, failed, no_overload, sort_by_key};
use crate::cel::view::{Entries, put};

impl<'v> Evaluation<'v> {
    /// Returns the values of a macro's variables for each iteration.
    fn iterations(range: &Val<'v>, two: bool) -> std::result::Result<Vec<(Result<'v>, Result<'v>)>, Error> {
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

    fn iterate(&mut self, fold: &Fold, first: Result<'v>, second: Result<'v>, expr: &'v Expr) -> Result<'v> {
        if fold.two { self.with([first, second], expr) } else { self.with([first], expr) }
    }

    pub(super) fn fold(&mut self, fold: &'v Fold) -> Result<'v> {
        let range = self.eval(&fold.range)?;
        let iterations = Self::iterations(&range, fold.two)?;
        match fold.kind {
            FoldKind::All | FoldKind::Exists => self.quantified(fold, iterations),
            FoldKind::ExistsOne => self.exactly_one(fold, iterations),
            FoldKind::Filter => self.filtered(fold, iterations),
            FoldKind::Map | FoldKind::TransformList => self.mapped(fold, iterations),
            FoldKind::TransformMap | FoldKind::TransformMapEntry => self.transformed(fold, iterations),
            FoldKind::SortBy => self.sorted(fold, iterations),
        }
    }

    /// Evaluates `all` or `exists`: if one item decides, others may be errors.
    fn quantified(&mut self, fold: &'v Fold, iterations: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let decides = fold.kind == FoldKind::Exists;
        let mut first_error = None;
        for (first, second) in iterations {
            self.charge(cost::QUANTIFIER_ITERATION)?;
            match self.iterate(fold, first, second, &fold.body) {
                Ok(Val::Bool(value)) if value == decides => {
                    self.charge(cost::QUANTIFIER_RESULT)?;
                    return Ok(Val::Bool(decides));
                }
                Ok(Val::Bool(_)) => {}
                Ok(_) => first_error = first_error.or(Some(Error::Failed("no such overload".into()))),
                Err(Error::TooCostly) => return Err(Error::TooCostly),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        self.charge(cost::QUANTIFIER_RESULT)?;
        first_error.map_or(Ok(Val::Bool(!decides)), Err)
    }

    fn exactly_one(&mut self, fold: &'v Fold, iterations: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut count = 0;
        for (first, second) in iterations {
            match self.iterate(fold, first, second, &fold.body)? {
                Val::Bool(true) => {
                    self.charge(cost::EXISTS_ONE_MATCH)?;
                    count += 1;
                }
                Val::Bool(false) => self.charge(cost::EXISTS_ONE_MISMATCH)?,
                _ => return no_overload(),
            }
        }
        self.charge(cost::EXISTS_ONE_RESULT)?;
        Ok(Val::Bool(count == 1))
    }

    fn is_selected(
        &mut self,
        fold: &Fold,
        filter: Option<&'v Expr>,
        iteration: &(Result<'v>, Result<'v>),
    ) -> std::result::Result<bool, Error> {
        let Some(filter) = filter else { return Ok(true) };
        match self.iterate(fold, iteration.0.clone(), iteration.1.clone(), filter)? {
            Val::Bool(value) => Ok(value),
            _ => no_overload(),
        }
    }

    fn filtered(&mut self, fold: &'v Fold, iterations: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut list = Vec::new();
        for iteration in iterations {
            let is_selected = self.is_selected(fold, Some(&fold.body), &iteration)?;
            self.charge(if is_selected { cost::FILTER_MATCH } else { cost::FILTER_MISMATCH })?;
            if is_selected {
                list.push(iteration.0?);
            }
        }
        self.charge(cost::FILTER_RESULT)?;
        Ok(Val::list(list))
    }

    fn mapped(&mut self, fold: &'v Fold, iterations: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut list = Vec::new();
        for iteration in iterations {
            if self.is_selected(fold, fold.filter.as_ref(), &iteration)? {
                list.push(self.iterate(fold, iteration.0, iteration.1, &fold.body)?);
                self.charge(cost::MAP_ITERATION)?;
            }
        }
        self.charge(cost::MAP_RESULT)?;
        Ok(Val::list(list))
    }

    fn transformed(&mut self, fold: &'v Fold, iterations: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut map: Vec<(Val<'v>, Val<'v>)> = Vec::new();
        for iteration in iterations {
            if !self.is_selected(fold, fold.filter.as_ref(), &iteration)? {
                continue;
            }
            let key = iteration.0.clone()?;
            let value = self.iterate(fold, iteration.0, iteration.1, &fold.body)?;
            self.charge(cost::TRANSFORM_ITERATION)?;
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
        self.charge(cost::TRANSFORM_RESULT)?;
        Ok(Val::Map(Entries::Owned(map.into())))
    }

    fn sorted(&mut self, fold: &'v Fold, iterations: Vec<(Result<'v>, Result<'v>)>) -> Result<'v> {
        let mut keyed = Vec::new();
        for (first, second) in iterations {
            let key = self.iterate(fold, first.clone(), second, &fold.body)?;
            self.charge(cost::MAP_ITERATION)?;
            keyed.push((key, first?));
        }
        sort_by_key(&mut keyed, |(key, _)| key)?;
        Ok(Val::list(keyed.into_iter().map(|(_, value)| value).collect()))
    }
}
