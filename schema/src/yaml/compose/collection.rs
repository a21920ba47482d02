//! Composition of sequences and mappings, in block and flow style.

use super::super::entries::Entries;
use super::super::error::{Failure, failure, malformed};
use super::super::scan::Kind;
use super::super::{Content, Key, Node, Position, YamlError};
use super::{Composed, Composer, Value};

impl<'t> Composer<'t, '_> {
    fn entry(
        &mut self,
        entries: &mut Entries,
        key: Composed<'t>,
        value: Composed<'t>,
        size: &mut usize,
    ) -> Result<(), Failure> {
        let at = key.at;
        *size = size.saturating_add(value.size);
        if key.is_merge_key {
            // go-yaml decodes neither the key nor a list of mappings, only the mappings.
            let is_list = !value.is_alias && matches!(value.value, Value::Collection(Content::List(_)));
            self.budget.decoded -= 1 + usize::from(is_list);
            *size -= usize::from(is_list);
            return self.merge(entries, value, at);
        }
        *size = size.saturating_add(key.size);
        let Value::Scalar(name) = key.value else { return Err(failure(at, YamlError::KeyType)) };
        let name = name.into_key().ok_or_else(|| failure(at, YamlError::KeyType))?;
        entries.set(Key { at, name }, value.into_node()?, self.duplicates)
    }

    fn merge(&mut self, entries: &mut Entries, value: Composed<'t>, at: Position) -> Result<(), Failure> {
        match value.value {
            Value::Collection(Content::Map(merged)) => entries.merge(merged, self.duplicates),
            // The first mapping of a list has precedence.
            Value::Collection(Content::List(items)) if !value.is_alias => {
                for item in items.into_iter().rev() {
                    let Content::Map(merged) = item.content else { return Err(failure(at, YamlError::Merge)) };
                    entries.merge(merged, self.duplicates);
                }
            }
            _ => return Err(failure(at, YamlError::Merge)),
        }
        Ok(())
    }

    pub(super) fn block_sequence(&mut self, size: &mut usize) -> Result<Content, Failure> {
        self.scanner.take();
        let mut items = Vec::new();
        while !self.consume(&Kind::BlockEnd)? {
            let at = self.at()?;
            if !self.consume(&Kind::BlockEntry)? {
                return Err(malformed(at, "did not find expected '-' indicator"));
            }
            let is_empty = matches!(self.kind()?, Kind::BlockEntry | Kind::BlockEnd);
            let item = if is_empty { self.empty(at)? } else { self.node(true, false)? };
            add(&mut items, item, size)?;
        }
        Ok(Content::List(items))
    }

    /// Reads a sequence whose entries are not indented deeper than their key.
    pub(super) fn indentless_sequence(&mut self, size: &mut usize) -> Result<Content, Failure> {
        let mut items = Vec::new();
        loop {
            let at = self.at()?;
            if !self.consume(&Kind::BlockEntry)? {
                return Ok(Content::List(items));
            }
            let is_empty = matches!(self.kind()?, Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd);
            let item = if is_empty { self.empty(at)? } else { self.node(true, false)? };
            add(&mut items, item, size)?;
        }
    }

    pub(super) fn block_mapping(&mut self, size: &mut usize) -> Result<Content, Failure> {
        self.scanner.take();
        let mut entries = Entries::default();
        while !self.consume(&Kind::BlockEnd)? {
            let at = self.at()?;
            if !self.consume(&Kind::Key)? {
                return Err(malformed(at, "did not find expected key"));
            }
            let key = self.block_part(at)?;
            let at = self.at()?;
            let value = if self.consume(&Kind::Value)? { self.block_part(at)? } else { self.empty(at)? };
            self.entry(&mut entries, key, value, size)?;
        }
        Ok(Content::Map(entries.finish()))
    }

    /// Reads a key or a value of a block mapping.
    fn block_part(&mut self, at: Position) -> Result<Composed<'t>, Failure> {
        let is_empty = matches!(self.kind()?, Kind::Key | Kind::Value | Kind::BlockEnd);
        if is_empty { self.empty(at) } else { self.node(true, true) }
    }

    /// Reads the separator of items in a flow collection. Returns whether the collection ends.
    fn flow_separator(&mut self, end: &Kind<'_>, is_first: bool) -> Result<bool, Failure> {
        let at = self.at()?;
        if self.consume(end)? {
            return Ok(true);
        }
        if !is_first && !self.consume(&Kind::FlowEntry)? {
            let end = if *end == Kind::FlowSequenceEnd { ']' } else { '}' };
            return Err(malformed(at, format!("did not find expected ',' or '{end}'")));
        }
        self.consume(end)
    }

    pub(super) fn flow_sequence(&mut self, size: &mut usize) -> Result<Content, Failure> {
        self.scanner.take();
        let mut items = Vec::new();
        while !self.flow_separator(&Kind::FlowSequenceEnd, items.is_empty())? {
            let at = self.at()?;
            let item = if self.consume(&Kind::Key)? { self.flow_pair(at)? } else { self.node(false, false)? };
            add(&mut items, item, size)?;
        }
        Ok(Content::List(items))
    }

    /// Reads a mapping of one entry that is an item of a flow sequence.
    fn flow_pair(&mut self, at: Position) -> Result<Composed<'t>, Failure> {
        self.budget.add(1, 0, at)?;
        let mut composed = Composed::null(at);
        self.collection(&mut composed, |composer, size| {
            let at = composer.at()?;
            let key = if matches!(composer.kind()?, Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd) {
                // go-yaml drops this token, so that most following tokens are errors.
                composer.scanner.take();
                composer.empty(at)?
            } else {
                composer.node(false, false)?
            };
            let value = composer.flow_value(&Kind::FlowSequenceEnd)?;
            let mut entries = Entries::default();
            composer.entry(&mut entries, key, value, size)?;
            Ok(Content::Map(entries.finish()))
        })?;
        Ok(composed)
    }

    fn flow_value(&mut self, end: &Kind<'_>) -> Result<Composed<'t>, Failure> {
        let at = self.at()?;
        if self.consume(&Kind::Value)? {
            let kind = self.kind()?;
            if *kind != Kind::FlowEntry && kind != end {
                return self.node(false, false);
            }
        }
        self.empty(at)
    }

    pub(super) fn flow_mapping(&mut self, size: &mut usize) -> Result<Content, Failure> {
        self.scanner.take();
        let (mut entries, mut is_first) = (Entries::default(), true);
        while !self.flow_separator(&Kind::FlowMappingEnd, is_first)? {
            is_first = false;
            let at = self.at()?;
            let (key, value) = if self.consume(&Kind::Key)? {
                let is_empty = matches!(self.kind()?, Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd);
                let key = if is_empty { self.empty(at)? } else { self.node(false, false)? };
                (key, self.flow_value(&Kind::FlowMappingEnd)?)
            } else {
                let key = self.node(false, false)?;
                let at = self.at()?;
                (key, self.empty(at)?)
            };
            self.entry(&mut entries, key, value, size)?;
        }
        Ok(Content::Map(entries.finish()))
    }
}

/// Adds an item to a list.
fn add(items: &mut Vec<Node>, item: Composed<'_>, size: &mut usize) -> Result<(), Failure> {
    *size = size.saturating_add(item.size);
    items.push(item.into_node()?);
    Ok(())
}
