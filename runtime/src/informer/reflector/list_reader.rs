//! Incremental decoding of the body of a list: each item is decoded on arrival, and the body is never buffered as a whole.

use kube::Resource;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::decode::Decoder;
use crate::informer::cache::Change;

/// The number of buffered bytes before items are decoded, so that few items are decoded twice because they were incomplete.
const MIN_BUFFER: usize = 256 * 1024;

/// The metadata of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListMetadata {
    pub(super) resource_version: Option<String>,
    #[serde(rename = "continue")]
    pub(super) continue_token: Option<String>,
}

/// An incremental decoder of a list.
pub(super) struct ListReader<'d, K: Resource> {
    decoder: &'d Decoder<K>,
    buffer: Vec<u8>,
    position: usize,
    stage: Stage,
    pub(super) metadata: ListMetadata,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    Fields,
    Items,
    End,
}

/// An error of a decoding step.
enum StepError {
    /// The value is incomplete: more bytes are needed.
    Incomplete,
    Malformed(serde_json::Error),
}

impl From<serde_json::Error> for StepError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() { StepError::Incomplete } else { StepError::Malformed(error) }
    }
}

fn malformed(message: &str) -> StepError {
    StepError::Malformed(serde::de::Error::custom(message))
}

impl<'d, K> ListReader<'d, K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    pub(super) fn new(decoder: &'d Decoder<K>) -> Self {
        let metadata = ListMetadata::default();
        ListReader { decoder, buffer: Vec::new(), position: 0, stage: Stage::Start, metadata }
    }

    /// Decodes the items that a chunk completes.
    ///
    /// # Errors
    /// Returns an error if the body is not a list.
    pub(super) fn feed(&mut self, bytes: &[u8], emit: &mut impl FnMut(Change<K>)) -> Result<(), serde_json::Error> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < MIN_BUFFER { Ok(()) } else { self.advance(emit) }
    }

    /// Decodes the remaining items.
    ///
    /// # Errors
    /// Returns an error if the body is not a complete list.
    pub(super) fn finish(&mut self, emit: &mut impl FnMut(Change<K>)) -> Result<(), serde_json::Error> {
        self.advance(emit)?;
        if self.stage == Stage::End {
            return Ok(());
        }
        Err(serde::de::Error::custom("the list is incomplete"))
    }

    fn advance(&mut self, emit: &mut impl FnMut(Change<K>)) -> Result<(), serde_json::Error> {
        loop {
            let step = match self.stage {
                Stage::Start => self.expect(b'{').map(|()| self.stage = Stage::Fields),
                Stage::Fields => self.field(),
                Stage::Items => self.item(emit),
                Stage::End => break,
            };
            match step {
                Ok(()) => {}
                Err(StepError::Incomplete) => break,
                Err(StepError::Malformed(error)) => return Err(error),
            }
        }
        self.buffer.drain(..self.position);
        self.position = 0;
        Ok(())
    }

    /// Returns the next non-blank byte from `position` on, and its position.
    fn peek(&self, position: usize) -> Result<(u8, usize), StepError> {
        let rest = self.buffer.get(position..).unwrap_or_default();
        let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let skipped = rest.iter().position(|byte| !blank(byte)).ok_or(StepError::Incomplete)?;
        Ok((rest[skipped], position + skipped))
    }

    fn expect(&mut self, byte: u8) -> Result<(), StepError> {
        let (found, position) = self.peek(self.position)?;
        if found != byte {
            return Err(malformed("the response is not a list"));
        }
        self.position = position + 1;
        Ok(())
    }

    /// Decodes the value at `position`, and returns it with its end.
    fn value<T: DeserializeOwned>(&self, position: usize) -> Result<(T, usize), StepError> {
        let mut values =
            serde_json::Deserializer::from_slice(self.buffer.get(position..).unwrap_or_default()).into_iter::<T>();
        match values.next() {
            Some(value) => Ok((value?, position + values.byte_offset())),
            None => Err(StepError::Incomplete),
        }
    }

    /// Decodes a field of the list, or its end. Consumes nothing if the field is incomplete.
    fn field(&mut self) -> Result<(), StepError> {
        let (mut byte, mut position) = self.peek(self.position)?;
        if byte == b',' {
            (byte, position) = self.peek(position + 1)?;
        }
        if byte == b'}' {
            (self.position, self.stage) = (position + 1, Stage::End);
            return Ok(());
        }
        let (name, after) = self.value::<String>(position)?;
        let (colon, after) = self.peek(after)?;
        if colon != b':' {
            return Err(malformed("the response is not a list"));
        }
        let (first, after) = self.peek(after + 1)?;
        match (name.as_str(), first) {
            ("items", b'[') => {
                self.stage = Stage::Items;
                self.position = after + 1;
            }
            ("metadata", _) => {
                let (metadata, end) = self.value::<Value>(after)?;
                self.metadata = ListMetadata::deserialize(metadata)?;
                self.position = self.complete(end)?;
            }
            _ => self.position = self.complete(self.value::<IgnoredAny>(after)?.1)?,
        }
        Ok(())
    }

    /// Returns the end of a value if a byte follows it: the digits of a number may continue in the next chunk.
    fn complete(&self, end: usize) -> Result<usize, StepError> {
        self.peek(end).map(|_| end)
    }

    fn item(&mut self, emit: &mut impl FnMut(Change<K>)) -> Result<(), StepError> {
        let (mut byte, mut position) = self.peek(self.position)?;
        if byte == b',' {
            (byte, position) = self.peek(position + 1)?;
        }
        if byte == b']' {
            (self.position, self.stage) = (position + 1, Stage::Fields);
            return Ok(());
        }
        let (change, length) = self.decoder.object(&self.buffer[position..])?.ok_or(StepError::Incomplete)?;
        self.position = position + length;
        emit(change);
        Ok(())
    }
}
