//! Words: how a name of the schema is split, and joined again in Rust's cases.

/// The words of a name: parted where a small letter meets a capital, before the last capital of a run that a small letter
/// follows, and at everything that is neither letter nor digit. Letters keep their case.
pub(crate) fn split(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        split_case(part, &mut words);
    }
    words
}

/// Splits letters and digits.
fn split_case<'n>(part: &'n str, words: &mut Vec<&'n str>) {
    let letters = part.as_bytes();
    let mut start = 0;
    for index in 1..letters.len() {
        let starts_word = letters[index].is_ascii_uppercase() && {
            let after_small = !letters[index - 1].is_ascii_uppercase();
            let next_is_small = letters.get(index + 1).is_some_and(u8::is_ascii_lowercase);
            after_small || (next_is_small && !ends_plural_acronym(letters, index + 1))
        };
        if starts_word {
            words.push(&part[start..index]);
            start = index;
        }
    }
    words.push(&part[start..]);
}

/// Whether the small letter is the `s` of `URIs`: last of all, or before the next word.
fn ends_plural_acronym(letters: &[u8], small: usize) -> bool {
    letters[small] == b's' && letters.get(small + 1).is_none_or(u8::is_ascii_uppercase) && small >= 2
}

/// `snake_case`
pub(crate) fn snake(name: &str) -> String {
    let mut snake = split(name).join("_");
    snake.make_ascii_lowercase();
    snake
}

/// `PascalCase`; acronyms keep their case.
pub(crate) fn pascal(name: &str) -> String {
    // The mark of a raw identifier is not a word.
    let name = name.strip_prefix("r#").unwrap_or(name);
    let mut pascal = String::with_capacity(name.len());
    for word in split(name) {
        let start = pascal.len();
        pascal.push_str(word);
        pascal[start..=start].make_ascii_uppercase();
    }
    pascal
}

/// `PascalCase` for names derived from properties and values, with initialisms in capitals: `http2Settings` becomes
/// `HTTP2Settings`, as Go's conventions and Kubernetes' own types spell them. Kinds keep the spelling of their CRD instead.
pub(crate) fn pascal_with_initialisms(name: &str) -> String {
    split(name).into_iter().map(|word| initialism(word).unwrap_or_else(|| capitalized(word))).collect()
}

/// A word that is an initialism, in capitals; it may end in digits (`http2`) or in the `s` of a plural (`urls`).
fn initialism(word: &str) -> Option<String> {
    let known = |word: &str| {
        let mut all = INITIALISMS.iter().filter(|_| word.len() <= LONGEST);
        all.find(|known| known.eq_ignore_ascii_case(word))
    };
    if let Some(known) = known(word) {
        return Some((*known).to_owned());
    }
    let base = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if base.len() < word.len() {
        return known(base).map(|known| format!("{known}{}", &word[base.len()..]));
    }
    word.strip_suffix('s').and_then(known).map(|known| format!("{known}s"))
}

/// The length of the longest initialism.
const LONGEST: usize = {
    let (mut longest, mut index) = (0, 0);
    while index < INITIALISMS.len() {
        if INITIALISMS[index].len() > longest {
            longest = INITIALISMS[index].len();
        }
        index += 1;
    }
    longest
};

/// The initialisms of golint, and those of Kubernetes and its ecosystem.
const INITIALISMS: [&str; 84] = [
    "ACL", "ACME", "AI", "API", "AWS", "CA", "CEL", "CIDR", "CORS", "CPU", "CRD", "CSI", "CSR", "CSS", "DB", "DNS",
    "EC2", "ECS", "EKS", "EOF", "FQDN", "GCP", "GCS", "GID", "GPU", "GRPC", "GUID", "HTML", "HTTP", "HTTPS", "IAM",
    "ID", "IP", "IPAM", "IPv4", "IPv6", "JSON", "JWKS", "JWT", "KMS", "LDAP", "LLM", "MCP", "MTLS", "NFS", "NIC",
    "OCI", "OIDC", "OS", "OTLP", "PEM", "PVC", "QPS", "QUIC", "RAM", "RBAC", "RPC", "S3", "SAML", "SASL", "SCTP",
    "SHA", "SMTP", "SNI", "SQL", "SSH", "SSL", "STS", "TCP", "TLS", "TTL", "UDP", "UI", "UID", "URI", "URL", "UTF",
    "UUID", "VM", "VPC", "WASM", "XML", "XSS", "YAML",
];

pub(crate) fn capitalized(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

/// The name that serde's `rename_all = "camelCase"` gives a field.
pub(crate) fn serde_camel(ident: &str) -> String {
    let mut out = String::with_capacity(ident.len());
    let mut capital = false;
    for letter in ident.trim_start_matches("r#").chars() {
        if letter == '_' {
            capital = true;
            continue;
        }
        let is_first = out.is_empty();
        out.push(match std::mem::take(&mut capital) {
            _ if is_first => letter.to_ascii_lowercase(),
            true => letter.to_ascii_uppercase(),
            false => letter,
        });
    }
    out
}

/// The singular of the last word of a name.
pub(crate) fn singular(name: &str) -> String {
    let start = split(name).last().map_or(0, |last| name.rfind(last).unwrap_or(0));
    let (head, last) = name.split_at(start);
    let lower = last.to_ascii_lowercase();
    let keep = |cut: usize, tail: &str| format!("{head}{}{tail}", &last[..last.len() - cut]);
    if UNCHANGED.contains(&lower.as_str()) || lower.len() < 3 {
        return name.to_owned();
    }
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == lower) {
        let tail = one.strip_prefix(&lower[..1]).unwrap_or(one);
        return format!("{head}{}{tail}", &last[..1]);
    }
    let plural_acronym =
        last.ends_with('s') && last.chars().rev().nth(1).is_some_and(|letter| letter.is_ascii_uppercase());
    if plural_acronym {
        keep(1, "")
    } else if lower.ends_with("ies") && lower.len() > 4 {
        keep(3, "y")
    } else if ["sses", "shes", "ches", "xes", "zzes", "uses"].iter().any(|end| lower.ends_with(end))
        && !lower.ends_with("auses")
    {
        keep(2, "")
    } else if lower.ends_with('s') && !["ss", "us", "is"].iter().any(|end| lower.ends_with(end)) {
        keep(1, "")
    } else {
        name.to_owned()
    }
}

const UNCHANGED: [&str; 17] = [
    "aws",
    "dns",
    "tls",
    "jwks",
    "https",
    "kubernetes",
    "series",
    "species",
    "status",
    "redis",
    "https",
    "nfs",
    "sms",
    "always",
    "ips",
    "cors",
    "rbac",
];
const IRREGULAR: [(&str, &str); 12] = [
    ("indices", "index"),
    ("vertices", "vertex"),
    ("matrices", "matrix"),
    ("children", "child"),
    ("people", "person"),
    ("data", "data"),
    ("criteria", "criterion"),
    ("caches", "cache"),
    ("axes", "axis"),
    ("bases", "base"),
    ("buses", "bus"),
    ("clauses", "clause"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_by_case_and_by_signs() {
        for (name, words) in [
            ("AIGatewayRoute", vec!["AI", "Gateway", "Route"]),
            ("MCPRoute", vec!["MCP", "Route"]),
            ("remoteJWKS", vec!["remote", "JWKS"]),
            ("redirectURIs", vec!["redirect", "URIs"]),
            ("URIsByName", vec!["URIs", "By", "Name"]),
            ("apiKey", vec!["api", "Key"]),
            ("x-foo_bar.baz", vec!["x", "foo", "bar", "baz"]),
            ("ipv6CIDR", vec!["ipv6", "CIDR"]),
            ("V1Alpha", vec!["V1", "Alpha"]),
            ("IsOn", vec!["Is", "On"]),
        ] {
            assert_eq!(split(name), words, "{name}");
        }
    }

    #[test]
    fn cases_join_words() {
        assert_eq!(snake("AIGatewayRoute"), "ai_gateway_route");
        assert_eq!(snake("redirectURIs"), "redirect_uris");
        assert_eq!(pascal("remoteJWKS"), "RemoteJWKS");
        assert_eq!(pascal("http-header"), "HttpHeader");
        assert_eq!(pascal("r#async"), "Async");
        assert_eq!(serde_camel("backend_ref"), "backendRef");
        assert_eq!(serde_camel("r#type"), "type");
    }

    #[test]
    fn initialisms_are_in_capitals() {
        for (name, expected) in [
            ("http2Settings", "HTTP2Settings"),
            ("remoteJWKS", "RemoteJWKS"),
            ("clientTls", "ClientTLS"),
            ("redirect-uris", "RedirectURIs"),
            ("podIPs", "PodIPs"),
            ("ipv6", "IPv6"),
            ("identity", "Identity"),
            ("dns", "DNS"),
            ("Http", "HTTP"),
            ("APIKey", "APIKey"),
        ] {
            assert_eq!(pascal_with_initialisms(name), expected, "{name}");
        }
    }

    #[test]
    fn plurals_become_singular() {
        for (many, one) in [
            ("rules", "rule"),
            ("backendRefs", "backendRef"),
            ("policies", "policy"),
            ("matches", "match"),
            ("addresses", "address"),
            ("status", "status"),
            ("statuses", "status"),
            ("prefixes", "prefix"),
            ("indices", "index"),
            ("caches", "cache"),
            ("redirectURIs", "redirectURI"),
            ("data", "data"),
            ("tls", "tls"),
            ("series", "series"),
            ("children", "child"),
            ("values", "value"),
            ("databases", "database"),
            ("responses", "response"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
