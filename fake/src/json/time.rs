//! Times as Go parses and formats them.
//!
//! Source: Go's `time.Parse`; `apimachinery/pkg/apis/meta/v1/{time,micro_time}.go`.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use kube_structural_schema::object::go;

/// A layout of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `metav1.Time`: seconds.
    Seconds,
    /// `metav1.MicroTime`: six digits of microseconds.
    Micros,
}

impl Layout {
    fn text(self) -> &'static str {
        match self {
            Layout::Seconds => "2006-01-02T15:04:05Z07:00",
            Layout::Micros => "2006-01-02T15:04:05.000000Z07:00",
        }
    }
}

/// Converts a time to the form in which the API server returns it.
///
/// # Errors
/// Returns Go's message.
pub(crate) fn normalize(text: &str, layout: Layout) -> Result<String, String> {
    let mut reader = Reader { rest: text };
    let (date_time, offset) = reader.date_time(layout).map_err(|error| match error {
        ParseError::Element(element, rest) => {
            let (quoted, layout) = (go::quoted(text), go::quoted(layout.text()));
            format!("parsing time {quoted} as {layout}: cannot parse {} as {}", go::quoted(rest), go::quoted(element))
        }
        ParseError::Range(element) => format!("parsing time {}: {element} out of range", go::quoted(text)),
        ParseError::Extra(rest) => format!("parsing time {}: extra text: {}", go::quoted(text), go::quoted(rest)),
    })?;
    // Times outside of the supported range are not converted to UTC.
    let utc = date_time.checked_sub(SignedDuration::from_secs(offset)).unwrap_or(date_time);
    let format = if layout == Layout::Micros { "%Y-%m-%dT%H:%M:%S.%6fZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
    Ok(utc.strftime(format).to_string())
}

enum ParseError<'t> {
    /// An element of the layout, and the text at its position.
    Element(&'static str, &'t str),
    Range(&'static str),
    Extra(&'t str),
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn date_time(&mut self, layout: Layout) -> Result<(DateTime, i64), ParseError<'t>> {
        let year = self.digits(4, 4, "2006")?;
        self.literal("-")?;
        let month = self.digits(2, 2, "01")?;
        if !(1..=12).contains(&month) {
            return Err(ParseError::Range("month"));
        }
        self.literal("-")?;
        let day = self.digits(2, 2, "02")?;
        self.literal("T")?;
        let hour = self.digits(1, 2, "15")?;
        if hour > 23 {
            return Err(ParseError::Range("hour"));
        }
        self.literal(":")?;
        let minute = self.digits(2, 2, "04")?;
        if minute > 59 {
            return Err(ParseError::Range("minute"));
        }
        self.literal(":")?;
        let second = self.digits(2, 2, "05")?;
        if second > 59 {
            return Err(ParseError::Range("second"));
        }
        let nanos = if layout == Layout::Micros { self.micros()? } else { self.fraction() };
        let offset = self.zone()?;
        if !self.rest.is_empty() {
            return Err(ParseError::Extra(self.rest));
        }
        let small = |number: i32| i8::try_from(number).unwrap_or_default();
        let year = i16::try_from(year).unwrap_or_default();
        DateTime::new(year, small(month), small(day), small(hour), small(minute), small(second), nanos)
            .map(|date_time| (date_time, offset))
            .map_err(|_| ParseError::Range("day"))
    }

    fn count(&self) -> usize {
        self.rest.bytes().take_while(u8::is_ascii_digit).count()
    }

    fn digits(&mut self, min: usize, max: usize, element: &'static str) -> Result<i32, ParseError<'t>> {
        let count = self.count().min(max);
        if count < min {
            return Err(ParseError::Element(element, self.rest));
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(digits.parse().unwrap_or_default())
    }

    fn literal(&mut self, text: &'static str) -> Result<(), ParseError<'t>> {
        self.rest = self.rest.strip_prefix(text).ok_or(ParseError::Element(text, self.rest))?;
        Ok(())
    }

    /// Reads a fraction that the layout does not have. Nine digits are significant.
    fn fraction(&mut self) -> i32 {
        let Some(rest) = self.rest.strip_prefix(['.', ',']) else { return 0 };
        let count = Reader { rest }.count();
        if count == 0 {
            return 0;
        }
        let digits: String = rest[..count].chars().chain("000000000".chars()).take(9).collect();
        self.rest = &rest[count..];
        digits.parse().unwrap_or_default()
    }

    fn micros(&mut self) -> Result<i32, ParseError<'t>> {
        let rest = self.rest.strip_prefix(['.', ',']).filter(|rest| Reader { rest }.count() >= 6);
        let Some(rest) = rest else { return Err(ParseError::Element(".000000", self.rest)) };
        let (digits, rest) = rest.split_at(6);
        self.rest = rest;
        Ok(digits.parse::<i32>().unwrap_or_default() * 1000)
    }

    /// Returns the zone's offset from UTC in seconds.
    fn zone(&mut self) -> Result<i64, ParseError<'t>> {
        const ELEMENT: &str = "Z07:00";
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let error = ParseError::Element(ELEMENT, self.rest);
        let bytes = self.rest.as_bytes();
        let (Some(b'+' | b'-'), Some(b':'), true) = (bytes.first(), bytes.get(3), bytes.len() >= 6) else {
            return Err(error);
        };
        let number = |at: usize| {
            let digits = bytes.get(at..at + 2).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
            Some(i64::from(digits[0] - b'0') * 10 + i64::from(digits[1] - b'0'))
        };
        let (Some(hours), Some(minutes)) = (number(1), number(4)) else { return Err(error) };
        if hours > 24 {
            return Err(ParseError::Range("time zone offset hour"));
        }
        if minutes > 60 {
            return Err(ParseError::Range("time zone offset minute"));
        }
        let seconds = hours * 3600 + minutes * 60;
        let sign = if bytes[0] == b'-' { -1 } else { 1 };
        self.rest = &self.rest[6..];
        Ok(sign * seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, normalize};

    #[test]
    fn times_are_normalized_as_in_go() {
        for (text, expected) in [
            ("2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00Z"),
            ("2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"),
            ("2024-01-01T1:00:00Z", "2024-01-01T01:00:00Z"),
            ("2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00Z"),
        ] {
            assert_eq!(normalize(text, Layout::Seconds).as_deref(), Ok(expected));
        }
        let micros = normalize("2024-01-01T02:00:00.123456+02:00", Layout::Micros);
        assert_eq!(micros.as_deref(), Ok("2024-01-01T00:00:00.123456Z"));
    }

    #[test]
    fn invalid_times_have_messages_of_go() {
        const SECONDS: &str = "as \"2006-01-02T15:04:05Z07:00\": cannot parse";
        const MICROS: &str = "as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse";
        for (text, layout, expected) in [
            ("x", Layout::Seconds, format!("\"x\" {SECONDS} \"x\" as \"2006\"")),
            (
                "2024-01-01t00:00:00Z",
                Layout::Seconds,
                format!("\"2024-01-01t00:00:00Z\" {SECONDS} \"t00:00:00Z\" as \"T\""),
            ),
            ("2024-02-30T00:00:00Z", Layout::Seconds, "\"2024-02-30T00:00:00Z\": day out of range".to_owned()),
            ("2024-01-01T00:00:00Z ", Layout::Seconds, "\"2024-01-01T00:00:00Z \": extra text: \" \"".to_owned()),
            ("2024-01-01T00:00:00Z", Layout::Micros, format!("\"2024-01-01T00:00:00Z\" {MICROS} \"Z\" as \".000000\"")),
            (
                "2024-01-01T00:00:00.1234567Z",
                Layout::Micros,
                format!("\"2024-01-01T00:00:00.1234567Z\" {MICROS} \"7Z\" as \"Z07:00\""),
            ),
            (
                "2024-01-01T00:00:60.000000Z",
                Layout::Micros,
                "\"2024-01-01T00:00:60.000000Z\": second out of range".to_owned(),
            ),
        ] {
            assert_eq!(normalize(text, layout), Err(format!("parsing time {expected}")));
        }
    }
}
