//! The encoding of certificates: as much of DER as client certificates need.

/// Tags of values.
pub(super) mod tag {
    pub(in super::super) const INTEGER: u8 = 0x02;
    pub(in super::super) const BIT_STRING: u8 = 0x03;
    pub(in super::super) const OCTET_STRING: u8 = 0x04;
    pub(in super::super) const OID: u8 = 0x06;
    pub(in super::super) const UTF8: u8 = 0x0c;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;
    /// The version of a certificate.
    pub(in super::super) const VERSION: u8 = 0xa0;
    /// The extensions of a certificate.
    pub(in super::super) const EXTENSIONS: u8 = 0xa3;
}

/// Encodes a value.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
            // There are at most eight.
            out.push(0x80 | u8::try_from(bytes.len()).unwrap_or_default());
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Encodes a sequence.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(tag::SEQUENCE, &parts.concat())
}

/// A value that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read<'d> {
    pub(super) tag: u8,
    pub(super) content: &'d [u8],
    /// The encoded value with its tag.
    pub(super) whole: &'d [u8],
}

impl<'d> Read<'d> {
    /// Reads the first value of a text, and returns what follows it.
    pub(super) fn first(der: &'d [u8]) -> Option<(Self, &'d [u8])> {
        let (&tag, &length) = (der.first()?, der.get(1)?);
        let (start, length) = if length < 0x80 {
            (2, usize::from(length))
        } else {
            let end = 2 + usize::from(length & 0x7f);
            let bytes = der.get(2..end).filter(|bytes| bytes.len() <= 4)?;
            (end, bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
        };
        let end = start.checked_add(length)?;
        let content = der.get(start..end)?;
        Some((Read { tag, content, whole: &der[..end] }, &der[end..]))
    }

    /// Reads the values that this one consists of.
    pub(super) fn parts(self) -> Vec<Self> {
        let (mut parts, mut rest) = (Vec::new(), self.content);
        while let Some((part, after)) = Read::first(rest) {
            parts.push(part);
            rest = after;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::{Read, sequence, tag, value};

    #[test]
    fn encoded_values_are_read() {
        let long = "x".repeat(300);
        let encoded = sequence(&[&value(tag::UTF8, b"short"), &value(tag::UTF8, long.as_bytes())]);
        let (read, rest) = Read::first(&encoded).expect("a value");
        let texts: Vec<&[u8]> = read.parts().iter().map(|part| part.content).collect();
        assert_eq!((texts.as_slice(), rest.len()), ([b"short", long.as_bytes()].as_slice(), 0));
        for end in 0..encoded.len() {
            assert!(Read::first(&encoded[..end]).is_none(), "{end}");
        }
    }
}
