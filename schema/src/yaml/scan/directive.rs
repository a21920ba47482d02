//! Scanning of directives, tags and anchors.

use super::super::Position;
use super::super::error::{Failure, malformed};
use super::cursor::width;
use super::{Kind, Scanner};

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_uri(byte: u8) -> bool {
    is_word(byte)
        || matches!(
            byte,
            b';' | b'/'
                | b'?'
                | b':'
                | b'@'
                | b'&'
                | b'='
                | b'+'
                | b'$'
                | b','
                | b'.'
                | b'!'
                | b'~'
                | b'*'
                | b'\''
                | b'('
        )
        || matches!(byte, b')' | b'[' | b']' | b'%')
}

impl<'t> Scanner<'t> {
    fn word(&mut self) -> &'t str {
        let start = self.cursor.offset();
        self.cursor.skip_while(is_word);
        self.cursor.since(start)
    }

    /// Scans an anchor or an alias.
    pub(super) fn anchor(&mut self) -> Result<(), Failure> {
        self.save_key()?;
        self.key_allowed = false;
        let at = self.cursor.position();
        let is_alias = self.cursor.byte() == b'*';
        self.cursor.skip();
        let name = self.word();
        let ends = self.cursor.is_blankz_at(0)
            || matches!(self.cursor.byte(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(malformed(at, "did not find expected alphabetic or numeric character"));
        }
        self.push(at, if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) });
        Ok(())
    }

    /// Scans a tag.
    pub(super) fn tag(&mut self) -> Result<(), Failure> {
        self.save_key()?;
        self.key_allowed = false;
        let at = self.cursor.position();
        let (handle, suffix) = if self.cursor.ahead(1) == b'<' {
            self.cursor.skip_ascii(2);
            let suffix = self.uri("", at)?;
            if self.cursor.byte() != b'>' {
                return Err(malformed(at, "did not find the expected '>'"));
            }
            self.cursor.skip();
            ("", suffix)
        } else {
            let handle = self.tag_handle(at)?;
            if handle.len() > 1 && handle.ends_with('!') {
                (handle, self.uri("", at)?)
            } else {
                match self.uri(handle, at)? {
                    suffix if suffix.is_empty() => ("", b"!".to_vec()),
                    suffix => ("!", suffix),
                }
            }
        };
        if !self.cursor.is_blankz_at(0) {
            return Err(malformed(at, "did not find expected whitespace or line break"));
        }
        self.push(at, Kind::Tag { handle, suffix });
        Ok(())
    }

    /// Scans `!`, `!word` or `!word!`.
    fn tag_handle(&mut self, at: Position) -> Result<&'t str, Failure> {
        let start = self.cursor.offset();
        if self.cursor.byte() != b'!' {
            return Err(malformed(at, "did not find expected '!'"));
        }
        self.cursor.skip();
        self.word();
        if self.cursor.byte() == b'!' {
            self.cursor.skip();
        }
        Ok(self.cursor.since(start))
    }

    /// Scans the URI of a tag; `head` is its start, with one additional character.
    fn uri(&mut self, head: &str, at: Position) -> Result<Vec<u8>, Failure> {
        let mut uri = head.bytes().skip(1).collect::<Vec<u8>>();
        let mut is_tag = !head.is_empty();
        while is_uri(self.cursor.byte()) {
            is_tag = true;
            if self.cursor.byte() == b'%' {
                self.uri_escapes(&mut uri, at)?;
            } else {
                uri.push(self.cursor.byte());
                self.cursor.skip();
            }
        }
        if is_tag { Ok(uri) } else { Err(malformed(at, "did not find expected tag URI")) }
    }

    /// Scans the escaped bytes of one character.
    fn uri_escapes(&mut self, uri: &mut Vec<u8>, at: Position) -> Result<(), Failure> {
        let mut left = None;
        while left != Some(0) {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let octet = match (self.cursor.byte(), digit(self.cursor.ahead(1)), digit(self.cursor.ahead(2))) {
                (b'%', Some(high), Some(low)) => (high << 4) | low,
                _ => return Err(malformed(at, "did not find URI escaped octet")),
            };
            left = Some(match left {
                None if matches!(octet, 0x80..=0xBF | 0xF8..) => {
                    return Err(malformed(at, "found an incorrect leading UTF-8 octet"));
                }
                None => width(octet) - 1,
                Some(_) if octet & 0xC0 != 0x80 => {
                    return Err(malformed(at, "found an incorrect trailing UTF-8 octet"));
                }
                Some(left) => left - 1,
            });
            uri.push(octet);
            self.cursor.skip_ascii(3);
        }
        Ok(())
    }

    /// Scans `%YAML` or `%TAG`.
    pub(super) fn directive(&mut self) -> Result<(), Failure> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let at = self.cursor.position();
        self.cursor.skip();
        let kind = match self.word() {
            "" => return Err(malformed(at, "could not find expected directive name")),
            _ if !self.cursor.is_blankz_at(0) => {
                return Err(malformed(at, "found unexpected non-alphabetical character"));
            }
            "YAML" => {
                self.skip_blanks();
                let major = self.version_number(at)?;
                if self.cursor.byte() != b'.' {
                    return Err(malformed(at, "did not find expected digit or '.' character"));
                }
                self.cursor.skip();
                Kind::Version { is_1_1: (major, self.version_number(at)?) == (1, 1) }
            }
            "TAG" => self.tag_directive(at)?,
            _ => return Err(malformed(at, "found unknown directive name")),
        };
        self.rest_of_line(at)?;
        self.push(at, kind);
        Ok(())
    }

    fn skip_blanks(&mut self) {
        self.cursor.skip_while(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn version_number(&mut self, at: Position) -> Result<u8, Failure> {
        let start = self.cursor.offset();
        self.cursor.skip_while(|byte| byte.is_ascii_digit());
        let digits = self.cursor.since(start);
        match digits.parse() {
            Ok(number) if digits.len() <= 2 => Ok(number),
            _ => Err(malformed(at, "did not find expected version number")),
        }
    }

    fn tag_directive(&mut self, at: Position) -> Result<Kind<'t>, Failure> {
        self.skip_blanks();
        let handle = self.tag_handle(at)?;
        if handle.len() > 1 && !handle.ends_with('!') {
            return Err(malformed(at, "did not find expected '!'"));
        }
        if !self.cursor.is_blank() {
            return Err(malformed(at, "did not find expected whitespace"));
        }
        self.skip_blanks();
        let prefix = self.uri("", at)?;
        if !self.cursor.is_blankz_at(0) {
            return Err(malformed(at, "did not find expected whitespace or line break"));
        }
        Ok(Kind::TagDirective { handle, prefix })
    }
}
