//! References of container images.
//!
//! Source: `kubernetes/pkg/util/parsers/parsers.go`, `github.com/distribution/reference`.

/// Returns the tag of an image, `latest` if it has neither tag nor digest; `None` if it is not a valid reference.
pub(super) fn tag(image: &str) -> Option<&str> {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match name[last..].split_once(':') {
        Some((_, tag)) => (&name[..name.len() - tag.len() - 1], Some(tag)),
        None => (name, None),
    };
    let is_valid = is_name(name) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
    is_valid.then(|| tag.unwrap_or(if digest.is_some() { "" } else { "latest" }))
}

/// Whether a text is a name: an optional domain, and segments in lower case.
fn is_name(name: &str) -> bool {
    let mut segments: Vec<&str> = name.split('/').collect();
    let first = segments[0];
    let is_domain = first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase());
    if segments.len() > 1 && is_domain {
        let (host, port) = first.rsplit_once(':').unwrap_or((first, "1"));
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if !host.split('.').all(is_label) || port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        segments.remove(0);
    }
    name.len() <= 255 && segments.into_iter().all(is_segment)
}

/// Whether a text consists of lower-case words, joined by a dot, one or two underscores, or dashes.
fn is_segment(segment: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_separator = |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    let bytes = segment.as_bytes();
    let ends = bytes.first().is_some_and(|byte| is_word(*byte)) && bytes.last().is_some_and(|byte| is_word(*byte));
    let separators = segment.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    ends && separators.filter(|text| !text.is_empty()).all(is_separator)
}

fn is_tag(tag: &str) -> bool {
    let is_first = tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    is_first && tag.len() <= 128 && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let is_start = algorithm.starts_with(|c: char| c.is_ascii_alphabetic());
    is_start && hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn tags_of_valid_references_are_found() {
        for (image, expected) in [
            ("nginx", Some("latest")),
            ("nginx:1.27", Some("1.27")),
            ("registry.example.com:5000/team/app", Some("latest")),
            ("localhost/app:v1", Some("v1")),
            ("a__b/c-d--e.f", Some("latest")),
            ("app@sha256:0123456789abcdef0123456789abcdef", Some("")),
            ("", None),
            ("10%", None),
            ("Nginx", None),
            ("/a/../b", None),
            ("a..b", None),
            ("-a", None),
            ("app:", None),
            ("app@sha256:zz", None),
        ] {
            assert_eq!(tag(image), expected, "{image}");
        }
    }
}
