//! Formats of dates and times.

/// Returns whether the text is an existing day in the form `2006-01-02`.
pub(crate) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = &bytes[range];
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |number: u32, digit| number * 10 + u32::from(digit - b'0')))
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Returns whether the text is a date, `t`, and a time with a zone; any character may precede the digits of the
/// fraction.
pub(crate) fn is_date_time(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut parts = text.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    is_date(date) && is_time_of_day(time).is_some()
}

fn is_time_of_day(time: &str) -> Option<()> {
    let bytes = time.as_bytes();
    let two = |digits: &[u8], max: &[u8]| (digits.iter().all(u8::is_ascii_digit) && digits <= max).then_some(());
    two(bytes.get(0..2)?, b"23")?;
    two(bytes.get(3..5)?, b"59")?;
    two(bytes.get(6..8)?, b"59")?;
    (bytes[2] == b':' && bytes[5] == b':').then_some(())?;
    let rest = time.get(8..)?;
    if is_zone(rest) {
        return Some(());
    }
    let mut rest = rest.chars();
    rest.next().filter(|first| *first != '\n')?;
    let rest = rest.as_str();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && is_zone(&rest[digits..])).then_some(())
}

fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    text == "z"
        || (bytes.len() == 6 && matches!(bytes[0], b'+' | b'-') && digits(1..3) && bytes[3] == b':' && digits(4..6))
}
