//! Formats of strings and numbers that the API server checks; it ignores all others.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/validation/formats.go`, `kube-openapi/pkg/validation/strfmt`.

mod address;
pub(crate) mod code;
pub(crate) mod duration;
mod email;
pub(crate) mod time;
pub(crate) mod uri;

use crate::schema::{Schema, Type};

/// The format of a schema, if the API server supports it for the schema's type.
#[derive(Clone, Copy)]
pub(super) struct Format<'s> {
    name: &'s str,
    is_valid: Option<fn(&str) -> bool>,
}

impl<'s> Format<'s> {
    pub(super) fn of(schema: &'s Schema) -> Option<Self> {
        let name = schema.format.as_deref()?;
        let type_ = if schema.int_or_string { None } else { schema.type_ };
        let is_valid = match type_ {
            Some(Type::Integer) if matches!(name, "int32" | "int64") => None,
            Some(Type::Number) if matches!(name, "float" | "double") => None,
            None | Some(Type::String) => Some(string_format(name)?),
            Some(_) => return None,
        };
        Some(Format { name, is_valid })
    }

    pub(super) fn name(self) -> &'s str {
        self.name
    }

    pub(super) fn is_string_format(self) -> bool {
        self.is_valid.is_some()
    }

    pub(super) fn accepts(self, text: &str) -> bool {
        self.is_valid.is_none_or(|is_valid| is_valid(text))
    }
}

/// Returns whether the API server supports a format for a type.
///
/// Source: `GetUnrecognizedFormats`.
#[cfg(feature = "cel")]
pub(crate) fn is_recognized(type_: &str, name: &str) -> bool {
    match type_ {
        "" | "string" => string_format(name).is_some(),
        "integer" => matches!(name, "int32" | "int64"),
        "number" => matches!(name, "float" | "double"),
        _ => false,
    }
}

/// Returns the check of a string format; hyphens in its name are ignored.
fn string_format(name: &str) -> Option<fn(&str) -> bool> {
    let plain;
    let name = if name.contains('-') {
        plain = name.replace('-', "");
        plain.as_str()
    } else {
        name
    };
    Some(match name {
        "bsonobjectid" => code::is_bson_object_id,
        "uri" => uri::is_request_uri,
        "email" => email::is_email,
        "hostname" => address::is_hostname,
        "ipv4" => address::is_ipv4,
        "ipv6" => address::is_ipv6,
        "cidr" => address::is_cidr,
        "mac" => address::is_mac,
        "uuid" => |text| code::is_uuid(text, None),
        "uuid3" => |text| code::is_uuid(text, Some(b'3')),
        "uuid4" => |text| code::is_uuid(text, Some(b'4')),
        "uuid5" => |text| code::is_uuid(text, Some(b'5')),
        "isbn" => |text| code::is_isbn10(text) || code::is_isbn13(text),
        "isbn10" => code::is_isbn10,
        "isbn13" => code::is_isbn13,
        "creditcard" => code::is_credit_card,
        "ssn" => code::is_ssn,
        "hexcolor" => code::is_hex_color,
        "rgbcolor" => code::is_rgb_color,
        "byte" => code::is_base64,
        "password" => |_| true,
        "date" => time::is_date,
        "datetime" => time::is_date_time,
        "duration" => |text| duration::parse_format(text).is_some(),
        "k8sshortname" => code::is_short_name,
        "k8slongname" => code::is_long_name,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::string_format;

    fn check(format: &str, valid: &[&str], invalid: &[&str]) {
        let is_valid = string_format(format).expect(format);
        valid.iter().for_each(|text| assert!(is_valid(text), "{format} accepts {text:?}"));
        invalid.iter().for_each(|text| assert!(!is_valid(text), "{format} rejects {text:?}"));
    }

    #[test]
    fn formats_match_the_api_server() {
        check(
            "bsonobjectid",
            &["507f1f77bcf86cd799439011"],
            &["", "507f1f77bcf86cd79943901", "507f1f77bcf86cd79943901g"],
        );
        check("uuid", &["123e4567-e89b-12d3-a456-426614174000", "123E4567e89b12d3a456426614174000"], &["", "123e4567"]);
        check("uuid4", &["123e4567-e89b-42d3-a456-426614174000"], &["123e4567-e89b-12d3-a456-426614174000"]);
        check("isbn10", &["0321751043", "0-321-75104-3"], &["0321751044", ""]);
        check("isbn13", &["978-0321751041"], &["978-0321751042"]);
        check("creditcard", &["4111 1111 1111 1111"], &["4111 1111 1111 1112", ""]);
        check("ssn", &["111-22-3333", "111 22 3333"], &["111223333", "11-22-3333"]);
        check("hexcolor", &["#fff", "FFFFFF"], &["#ffff", ""]);
        check("rgbcolor", &["rgb(0, 255,10)"], &["rgb(0,256,0)", "rgb(0,0)"]);
        check("byte", &["QQ==", "QR==", "aGVsbG8="], &["", "QQ=", "QQ", "Q*=="]);
        check("k8s-short-name", &["a", "a-1"], &["", "A", "-a", "a."]);
        check("k8s-long-name", &["a.b-1.c"], &["", "a..b", "A.b"]);
        check("password", &["", "x"], &[]);
    }

    #[test]
    fn lenient_times_are_valid() {
        check("date", &["2024-02-29", "0000-01-01"], &["2023-02-29", "2024-2-9", "24-02-29", "", "2024-13-01"]);
        check(
            "date-time",
            &[
                "2024-01-01T00:00:00Z",
                "2024-01-01t23:59:59.123+14:00",
                "2024-01-01T00:00:00x5z",
                "2024-01-01T00:00:00+99:99",
            ],
            &[
                "2024-01-01",
                "2024-01-01T24:00:00Z",
                "2024-01-01 00:00:00Z",
                "2024-01-01T00:00:60Z",
                "2024-01-01T00:00:00",
            ],
        );
        check(
            "duration",
            &["1h", "1.5h30m", "-2ms", "0", "22 ns", "1 week", "3 days", "1d", "5 µs", ".5s", "abc 1 hour"],
            &["", "1", "h", "1 parsec", "-"],
        );
    }

    #[test]
    fn addresses_match_go() {
        check("ipv4", &["1.2.3.4", "01.002.3.4", "::ffff:1.2.3.4"], &["", "1.2.3", "1.2.3.256", "::1", "1.2.3.4.5"]);
        check(
            "ipv6",
            &["::1", "fe80::1:2", "::ffff:1.2.3.4"],
            &["", "1.2.3.4", "fe80::1%eth0", ":::", "::ffff:01.2.3.4"],
        );
        check("cidr", &["10.0.0.0/8", "010.0.0.0/08", "::/0"], &["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129"]);
        check(
            "mac",
            &["00:00:5e:00:53:01", "00-00-5e-00-53-01", "0000.5e00.5301", "02:00:5e:10:00:00:00:01"],
            &["", "00:00:5e:00:53", "00:00-5e:00:53:01", "00005e005301"],
        );
        check(
            "hostname",
            &["example.com", "a", "1a.example.com", "xn--a.b.museum"],
            &["", "a..b", "a_b.com", "-a.com"],
        );
        check("email", &["a@b", "A B <a.b@c.d>", "\"a b\"@c", "<a@b>"], &["", "a", "a@", "a.@b", "a@b c", "a@b>"]);
        check(
            "uri",
            &["http://a/b?c#d", "/a", "a:b", "http://[::1]:80/", "http://u:p@h:1/%20", "*"],
            &["", "a", "a/b", ":a", "http://a b/", "http://[::1", "http://h:x/", "/%zz", "//\u{7f}"],
        );
    }
}
