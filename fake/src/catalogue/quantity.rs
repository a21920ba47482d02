//! Quantities, such as `500m` of CPU or `2Gi` of memory.
//!
//! Source: `apimachinery/pkg/api/resource/quantity.go`.

use std::fmt;

const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMERIC: &str = "unable to parse numeric part of quantity";
const SUFFIX: &str = "unable to parse quantity's suffix";

/// The largest quantity is that of an `int64`.
const MAX: i128 = i64::MAX as i128 * NANOS;
const NANOS: i128 = 1_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Binary,
    Decimal,
    Exponent,
}

/// A quantity, which is printed in the form in which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// Parses a quantity.
    ///
    /// # Errors
    /// Returns Kubernetes' message if it is not a quantity.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse(text).map(|(nanos, format)| Quantity { nanos, format })
    }

    /// Returns the quantity of a number of objects.
    pub(crate) fn of_count(count: usize) -> Self {
        Quantity { nanos: i128::try_from(count).unwrap_or(i128::MAX).saturating_mul(NANOS), format: Format::Decimal }
    }

    /// Returns the value in billionths.
    pub(crate) fn nanos(self) -> i128 {
        self.nanos
    }

    /// Returns the value in thousandths, rounded up.
    pub(crate) fn thousandths(self) -> i128 {
        const NANOS_OF_MILLI: i128 = 1_000_000;
        self.nanos.div_euclid(NANOS_OF_MILLI) + i128::from(self.nanos.rem_euclid(NANOS_OF_MILLI) != 0)
    }

    /// Returns the sum. It has the form of the first summand that is not zero.
    pub(crate) fn plus(self, other: Self) -> Self {
        let format = if self.nanos == 0 { other.format } else { self.format };
        Quantity { nanos: self.nanos.saturating_add(other.nanos), format }
    }

    /// Returns the difference.
    pub(crate) fn minus(self, other: Self) -> Self {
        Quantity { nanos: self.nanos.saturating_sub(other.nanos), ..self }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&print(self.nanos, self.format))
    }
}

/// Returns a quantity in its canonical form.
///
/// # Errors
/// Returns Kubernetes' message if it is not a quantity.
pub(crate) fn canonical(text: &str) -> Result<String, String> {
    let (nanos, format) = parse(text)?;
    Ok(print(nanos, format))
}

/// Returns the value of a quantity in billionths.
///
/// # Errors
/// Returns Kubernetes' message if it is not a quantity.
pub(crate) fn nanos(text: &str) -> Result<i128, String> {
    parse(text).map(|(nanos, _)| nanos)
}

/// Returns the value in billionths; fractions of these are rounded away from zero, and large values are capped.
fn parse(text: &str) -> Result<(i128, Format), String> {
    if matches!(text, "+" | "-") {
        return Ok((0, Format::Decimal));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.len() - unsigned.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let (number, suffix) = unsigned.split_at(digits);
    let letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let exponent = letters.strip_prefix(['+', '-']).unwrap_or(letters);
    if number.is_empty() || !exponent.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FORMAT_WRONG.to_owned());
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return Err(if fraction.contains('.') { FORMAT_WRONG } else { NUMERIC }.to_owned());
    }
    let (scale, format) = scale(suffix).ok_or(SUFFIX)?;
    let value = scaled(whole, fraction, scale);
    Ok((if text.starts_with('-') { -value } else { value }, format))
}

/// The factor of a suffix.
#[derive(Clone, Copy)]
enum Scale {
    /// A power of ten.
    Ten(i64),
    /// A power of 1024.
    Kibi(u32),
}

fn scale(suffix: &str) -> Option<(Scale, Format)> {
    let decimal = |exponent| Some((Scale::Ten(exponent), Format::Decimal));
    let binary = |exponent| Some((Scale::Kibi(exponent), Format::Binary));
    match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        other => {
            let exponent = other.strip_prefix(['e', 'E'])?.parse::<i64>().ok()?;
            Some((Scale::Ten(exponent), Format::Exponent))
        }
    }
}

/// Returns the billionths of a decimal number times a factor.
fn scaled(whole: &str, fraction: &str, scale: Scale) -> i128 {
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.is_empty() && fraction.bytes().all(|byte| byte == b'0') {
        return 0;
    }
    // Digits that cannot change the result only decide the rounding.
    let (kept, dropped) = fraction.split_at(fraction.len().min(18));
    let digits = format!("{whole}{kept}");
    let Ok(mantissa) = digits.parse::<i128>() else { return MAX };
    let shift = i64::try_from(kept.len()).unwrap_or(i64::MAX);
    let (mantissa, exponent) = match scale {
        Scale::Ten(exponent) => (Some(mantissa), exponent.saturating_sub(shift)),
        Scale::Kibi(power) => (mantissa.checked_mul(1024_i128.pow(power)), -shift),
    };
    let Some(mantissa) = mantissa else { return MAX };
    let exponent = exponent.saturating_add(9);
    if exponent >= 0 {
        let factor = u32::try_from(exponent).ok().and_then(|exponent| 10_i128.checked_pow(exponent));
        return factor.and_then(|factor| mantissa.checked_mul(factor)).map_or(MAX, |value| value.min(MAX));
    }
    let divisor = u32::try_from(-exponent).ok().and_then(|exponent| 10_i128.checked_pow(exponent));
    let Some(divisor) = divisor else { return 1 };
    let is_exact = mantissa % divisor == 0 && dropped.is_empty();
    (mantissa / divisor + i128::from(!is_exact)).min(MAX)
}

fn print(nanos: i128, format: Format) -> String {
    if nanos == 0 {
        return "0".to_owned();
    }
    let is_binary = format == Format::Binary && nanos % NANOS == 0 && (nanos / NANOS).abs() >= 1024;
    if is_binary {
        let (mut value, mut power) = (nanos / NANOS, 0);
        while value % 1024 == 0 && power < 6 {
            value /= 1024;
            power += 1;
        }
        return format!("{value}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]);
    }
    let (mut value, mut exponent) = (nanos, -9);
    while value % 1000 == 0 {
        value /= 1000;
        exponent += 3;
    }
    if format == Format::Exponent {
        return if exponent == 0 { value.to_string() } else { format!("{value}e{exponent}") };
    }
    let suffix = match exponent {
        -9 => "n",
        -6 => "u",
        -3 => "m",
        0 => "",
        3 => "k",
        6 => "M",
        9 => "G",
        12 => "T",
        15 => "P",
        18 => "E",
        other => return format!("{value}e{other}"),
    };
    format!("{value}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::{Quantity, canonical};

    #[test]
    fn quantities_have_the_largest_suffix_without_a_fraction() {
        for (text, expected) in [
            ("0", "0"),
            ("0Mi", "0"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1.", "1"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("1000", "1k"),
            ("+1", "1"),
            ("-1.5Gi", "-1536Mi"),
            ("1024Mi", "1Gi"),
            ("100Mi", "100Mi"),
            ("1024", "1024"),
            ("0.1Mi", "104857600m"),
            ("100Ki", "100Ki"),
            ("1e3", "1e3"),
            ("1.5e3", "1500"),
            ("12E6", "12e6"),
            ("1E", "1E"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("1e-20", "1e-9"),
            ("99999999999999999999", "9223372036854775807"),
            ("1e100", "9223372036854775807"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn sums_have_the_form_of_the_first_summand_that_is_not_zero() {
        let of = |text: &str| Quantity::parse(text).expect("a quantity");
        for (one, other, sum) in
            [("0", "1Gi", "1Gi"), ("1Gi", "1G", "2073741824"), ("500m", "700m", "1200m"), ("1536Mi", "512Mi", "2Gi")]
        {
            assert_eq!(of(one).plus(of(other)).to_string(), sum);
        }
        assert_eq!(of("2Gi").minus(of("1Gi")).to_string(), "1Gi");
        assert_eq!((of("1500u").thousandths(), of("2").thousandths()), (2, 2000));
    }

    #[test]
    fn invalid_quantities_have_kubernetes_messages() {
        for (text, expected) in [
            ("", "quantities must match the regular expression"),
            ("abc", "quantities must match the regular expression"),
            ("1 Mi", "quantities must match the regular expression"),
            ("1.2.3", "quantities must match the regular expression"),
            (".", "unable to parse numeric part"),
            ("1Kim", "unable to parse quantity's suffix"),
            ("1ki", "unable to parse quantity's suffix"),
        ] {
            let error = canonical(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
