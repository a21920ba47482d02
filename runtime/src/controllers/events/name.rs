//! Names of events.
//!
//! Source: `GenerateEventName` of `k8s.io/client-go/tools/record/util/util.go`.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// The maximum length of a DNS subdomain.
const MAX_LENGTH: usize = 253;

/// Creates names of events that differ, even of those that are recorded at the same time.
#[derive(Debug, Default)]
pub(super) struct Names {
    last: Mutex<i128>,
}

impl Names {
    /// Returns `<object>.<nanoseconds in hexadecimal>`, or a UUID if that is not a valid name.
    pub(super) fn next(&self, object: &str, time: Timestamp) -> String {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = time.as_nanosecond().max(*last + 1);
        let name = format!("{object}.{:x}", *last);
        if is_dns_subdomain(&name) { name } else { random_uuid() }
    }
}

/// Source: `IsDNS1123Subdomain` of `k8s.io/apimachinery/pkg/util/validation/validation.go`.
pub(super) fn is_dns_subdomain(name: &str) -> bool {
    let is_alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= MAX_LENGTH
        && name.split('.').all(|label| {
            let bytes = label.as_bytes();
            let has_ends = bytes.first().is_some_and(is_alphanumeric) && bytes.last().is_some_and(is_alphanumeric);
            has_ends && bytes.iter().all(|byte| is_alphanumeric(byte) || *byte == b'-')
        })
}

/// Returns a random UUID (version 4).
pub(in crate::controllers) fn random_uuid() -> String {
    let random = fastrand::u128(..);
    let id = (random & !(0xf000 << 64) & !(0b11 << 62)) | (0x4000 << 64) | (0b10 << 62);
    let hex = format!("{id:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_that_of_the_object_and_the_time_in_hexadecimal() {
        let names = Names::default();
        let time = Timestamp::from_second(1).unwrap();
        assert_eq!(names.next("map", time), "map.3b9aca00");
        assert_eq!(names.next("map", time), "map.3b9aca01");
        assert_eq!(names.next("other", time), "other.3b9aca02");
    }

    #[test]
    fn name_of_an_object_that_is_no_dns_subdomain_is_a_uuid() {
        let names = Names::default();
        for object in ["system:node", "Upper", "", "under_score", &"x".repeat(253)] {
            let name = names.next(object, Timestamp::UNIX_EPOCH);
            assert_eq!((name.len(), name.split('-').count()), (36, 5), "{object} {name}");
            assert!(is_dns_subdomain(&name));
        }
    }

    #[test]
    fn uuid_has_version_4_and_the_variant_of_rfc_9562() {
        for _ in 0..100 {
            let uuid = random_uuid();
            assert_eq!(&uuid[14..15], "4");
            assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
        }
    }
}
