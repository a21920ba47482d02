//! The body of a list, read as it comes: each item becomes an object at once, and the body is never held as a whole.

use kube::Resource;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::decode::Decoder;
use crate::informer::cache::Change;

/// Bytes to wait for before objects are read, so that few are read twice because they were cut off.
const ENOUGH: usize = 256 * 1024;

/// What a list says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListMetadata {
    pub(super) resource_version: Option<String>,
    #[serde(rename = "continue")]
    pub(super) continue_token: Option<String>,
}

/// A list in the making.
pub(super) struct ListReader<'d, K: Resource> {
    decoder: &'d Decoder<K>,
    buffer: Vec<u8>,
    place: usize,
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

/// Why to stop reading.
enum Stop {
    /// More bytes are needed.
    Short,
    Wrong(serde_json::Error),
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() { Stop::Short } else { Stop::Wrong(error) }
    }
}

fn wrong(what: &str) -> Stop {
    Stop::Wrong(serde::de::Error::custom(what))
}

impl<'d, K> ListReader<'d, K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    pub(super) fn new(decoder: &'d Decoder<K>) -> Self {
        let metadata = ListMetadata::default();
        ListReader { decoder, buffer: Vec::new(), place: 0, stage: Stage::Start, metadata }
    }

    /// Takes in more of the body.
    ///
    /// # Errors
    /// If it is no list.
    pub(super) fn feed(&mut self, bytes: &[u8], take: &mut impl FnMut(Change<K>)) -> Result<(), serde_json::Error> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < ENOUGH { Ok(()) } else { self.advance(take) }
    }

    /// Takes in what is left.
    ///
    /// # Errors
    /// If it is no list, or not the whole of one.
    pub(super) fn finish(&mut self, take: &mut impl FnMut(Change<K>)) -> Result<(), serde_json::Error> {
        self.advance(take)?;
        if self.stage == Stage::End {
            return Ok(());
        }
        Err(serde::de::Error::custom("the list ends too early"))
    }

    fn advance(&mut self, take: &mut impl FnMut(Change<K>)) -> Result<(), serde_json::Error> {
        loop {
            let step = match self.stage {
                Stage::Start => self.expect(b'{').map(|()| self.stage = Stage::Fields),
                Stage::Fields => self.field(),
                Stage::Items => self.item(take),
                Stage::End => break,
            };
            match step {
                Ok(()) => {}
                Err(Stop::Short) => break,
                Err(Stop::Wrong(error)) => return Err(error),
            }
        }
        self.buffer.drain(..self.place);
        self.place = 0;
        Ok(())
    }

    /// The next byte that is no blank, from `place` on.
    fn peek(&self, place: usize) -> Result<(u8, usize), Stop> {
        let rest = self.buffer.get(place..).unwrap_or_default();
        let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let skipped = rest.iter().position(|byte| !blank(byte)).ok_or(Stop::Short)?;
        Ok((rest[skipped], place + skipped))
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        let (found, place) = self.peek(self.place)?;
        if found != byte {
            return Err(wrong("the answer is no list"));
        }
        self.place = place + 1;
        Ok(())
    }

    /// A value that begins at `place`, and where it ends.
    fn value<T: DeserializeOwned>(&self, place: usize) -> Result<(T, usize), Stop> {
        let mut values =
            serde_json::Deserializer::from_slice(self.buffer.get(place..).unwrap_or_default()).into_iter::<T>();
        match values.next() {
            Some(value) => Ok((value?, place + values.byte_offset())),
            None => Err(Stop::Short),
        }
    }

    /// A field of the list, or its end. Nothing is taken until all of it is there.
    fn field(&mut self) -> Result<(), Stop> {
        let (mut byte, mut place) = self.peek(self.place)?;
        if byte == b',' {
            (byte, place) = self.peek(place + 1)?;
        }
        if byte == b'}' {
            (self.place, self.stage) = (place + 1, Stage::End);
            return Ok(());
        }
        let (name, after) = self.value::<String>(place)?;
        let (colon, after) = self.peek(after)?;
        if colon != b':' {
            return Err(wrong("the answer is no list"));
        }
        let (first, after) = self.peek(after + 1)?;
        match (name.as_str(), first) {
            ("items", b'[') => {
                self.stage = Stage::Items;
                self.place = after + 1;
            }
            ("metadata", _) => {
                let (metadata, end) = self.value::<Value>(after)?;
                self.metadata = ListMetadata::deserialize(metadata)?;
                self.place = self.closed(end)?;
            }
            _ => self.place = self.closed(self.value::<IgnoredAny>(after)?.1)?,
        }
        Ok(())
    }

    /// The end of a value, if something follows: a number may go on where the bytes end.
    fn closed(&self, end: usize) -> Result<usize, Stop> {
        self.peek(end).map(|_| end)
    }

    fn item(&mut self, take: &mut impl FnMut(Change<K>)) -> Result<(), Stop> {
        let (mut byte, mut place) = self.peek(self.place)?;
        if byte == b',' {
            (byte, place) = self.peek(place + 1)?;
        }
        if byte == b']' {
            (self.place, self.stage) = (place + 1, Stage::Fields);
            return Ok(());
        }
        let (change, length) = self.decoder.object(&self.buffer[place..])?.ok_or(Stop::Short)?;
        self.place = place + length;
        take(change);
        Ok(())
    }
}
