//! A date-time of the API.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use serde::{Deserialize, Serialize};

/// A date-time that keeps its text: fractions, offsets and the case of letters are preserved.
///
/// The API server validates `date-time` only loosely and stores the text unchanged, so any text decodes.
/// [`Timestamp::parse`] parses it on demand.
///
/// Order, equality and hash follow the instant: `10:00:00Z` precedes `10:00:00.5Z` and equals `12:00:00+02:00`. Texts that
/// are not valid date-times follow all valid ones, ordered as text. To compare texts, use [`Timestamp::as_str`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Returns the current time in whole seconds, as `metav1.Now()` is serialized.
    pub fn now() -> Self {
        jiff::Timestamp::now().into()
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the text.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid date-time of RFC 3339 or ISO 8601.
    pub fn parse(&self) -> Result<jiff::Timestamp, jiff::Error> {
        self.0.parse()
    }

    /// Returns the key of order, equality and hash; `Ok` precedes `Err`.
    fn key(&self) -> Result<jiff::Timestamp, &str> {
        self.parse().map_err(|_| self.as_str())
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 == other.0 { Ordering::Equal } else { self.key().cmp(&other.key()) }
    }
}

impl Hash for Timestamp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// Whole seconds in UTC, as `metav1.Time` is serialized: fractions are truncated.
impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Timestamp(format!("{time:.0}"))
    }
}

/// Whole seconds in UTC, as `metav1.Time` is serialized: fractions are truncated.
impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        time.0.into()
    }
}

/// Microseconds in UTC, as `metav1.MicroTime` is serialized.
impl From<MicroTime> for Timestamp {
    fn from(time: MicroTime) -> Self {
        Timestamp(format!("{:.6}", time.0))
    }
}

impl TryFrom<&Timestamp> for Time {
    type Error = jiff::Error;

    fn try_from(time: &Timestamp) -> Result<Self, jiff::Error> {
        time.parse().map(Self)
    }
}

impl TryFrom<&Timestamp> for MicroTime {
    type Error = jiff::Error;

    fn try_from(time: &Timestamp) -> Result<Self, jiff::Error> {
        time.parse().map(Self)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Timestamp(text.to_owned())
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Timestamp(text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_preserved_and_parsed_on_demand() {
        for text in ["2024-01-02T03:04:05Z", "2024-01-02t03:04:05.123456789+02:00", "2024-01-02T03:04:05.10Z", "soon"] {
            let time: Timestamp = serde_json::from_value(text.into()).unwrap();
            assert_eq!(serde_json::to_value(&time).unwrap(), text);
            assert_eq!(time.parse().is_ok(), text != "soon", "{text}");
        }
    }

    #[test]
    fn order_follows_the_instant_and_not_the_text() {
        let ordered = ["2024-01-02T12:00:00+02:00", "2024-01-02T10:00:00.5Z", "2024-01-02T09:00:01-01:00", "", "soon"];
        let mut sorted: Vec<Timestamp> = ordered.iter().rev().copied().map(Timestamp::from).collect();
        sorted.sort();
        assert_eq!(sorted.iter().map(Timestamp::as_str).collect::<Vec<_>>(), ordered);
        assert_eq!(Timestamp::from("2024-01-02T12:00:00+02:00"), Timestamp::from("2024-01-02T10:00:00.000Z"));
    }

    #[test]
    fn times_are_written_as_kubernetes_serializes_them() {
        for text in ["2024-01-02T03:04:05.9999999Z", "1969-12-31T23:59:58.5Z", "2024-01-02T03:04:05Z"] {
            let time: jiff::Timestamp = text.parse().unwrap();
            let (seconds, micros) = (Timestamp::from(Time(time)), Timestamp::from(MicroTime(time)));
            assert_eq!(serde_json::to_value(Time(time)).unwrap(), seconds.as_str());
            assert_eq!(serde_json::to_value(MicroTime(time)).unwrap(), micros.as_str());
            assert_eq!(Timestamp::from(time).as_str(), seconds.as_str());
            assert_eq!(Time::try_from(&seconds).unwrap().0, seconds.parse().unwrap());
        }
        assert_eq!(Timestamp::now().as_str().len(), "2024-01-02T03:04:05Z".len());
    }

    /// Generates a few instants in many spellings, and invalid text.
    fn timestamp() -> impl Strategy<Value = Timestamp> {
        let valid = (0..3_u8, prop::sample::select(vec!["", ".0", ".5", ".50", ".500000001"]), -2..3_i8).prop_map(
            |(second, fraction, offset)| {
                let sign = if offset < 0 { '-' } else { '+' };
                let hour = 10 + offset;
                format!("2024-01-02T{hour:02}:00:{second:02}{fraction}{sign}{:02}:00", offset.abs())
            },
        );
        prop_oneof![4 => valid, 1 => "[a-c2]{0,2}"].prop_map(Timestamp::from)
    }

    proptest! {
        #[test]
        fn order_is_total_and_consistent_with_equality_and_hash(a in timestamp(), b in timestamp(), c in timestamp()) {
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a == b, a.cmp(&b).is_eq());
            prop_assert_eq!(a.partial_cmp(&b), Some(a.cmp(&b)));
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
            if a == b {
                let state = RandomState::new();
                prop_assert_eq!(state.hash_one(&a), state.hash_one(&b));
                prop_assert_eq!(a.cmp(&c), b.cmp(&c));
            }
            if let (Ok(first), Ok(second)) = (a.parse(), b.parse()) {
                prop_assert_eq!(a.cmp(&b), first.cmp(&second));
            }
        }
    }
}
