//! A point in time.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A date-time that keeps its text: fractions, offsets and the case of letters stay as they were written.
///
/// The API server checks `date-time` only loosely and stores what it got. [`Timestamp::parse`] reads it on demand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The point in time.
    ///
    /// # Errors
    /// If the text is none that RFC 3339 or ISO 8601 know.
    pub fn parse(&self) -> Result<jiff::Timestamp, jiff::Error> {
        self.0.parse()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Timestamp(time.to_string())
    }
}

impl From<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time> for Timestamp {
    fn from(time: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time) -> Self {
        Timestamp(time.0.to_string())
    }
}

impl TryFrom<&Timestamp> for k8s_openapi::apimachinery::pkg::apis::meta::v1::Time {
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
    use super::*;

    #[test]
    fn the_text_stays_and_the_time_is_read_on_demand() {
        for text in ["2024-01-02T03:04:05Z", "2024-01-02t03:04:05.123456789+02:00", "2024-01-02T03:04:05.10Z"] {
            let time = Timestamp::from(text);
            assert_eq!(serde_json::to_value(&time).unwrap(), text);
            assert!(time.parse().is_ok(), "{text}");
        }
        assert!(Timestamp::from("soon").parse().is_err());
    }
}
