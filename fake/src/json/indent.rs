//! Indentation by two spaces, as Go's `json.Indent`.

/// The maximum size of indent JSON. Deeply nested values would need gigabytes.
const MAX_BYTES: usize = 32 << 20;

/// Indents a text, without a final line break. A text that would become too large is returned unchanged.
pub(crate) fn indent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 2);
    let (mut depth, mut in_text, mut is_escaped, mut is_open) = (0, false, false, false);
    for byte in text.trim_ascii_end() {
        if out.len() > MAX_BYTES {
            return text.trim_ascii_end().to_vec();
        }
        if in_text {
            out.push(*byte);
            in_text = is_escaped || *byte != b'"';
            is_escaped = !is_escaped && *byte == b'\\';
            continue;
        }
        if is_open && !matches!(byte, b'}' | b']') {
            new_line(&mut out, depth);
        }
        let was_open = std::mem::take(&mut is_open);
        match byte {
            b'{' | b'[' => {
                out.push(*byte);
                depth += 1;
                is_open = true;
            }
            b'}' | b']' => {
                depth -= 1;
                if !was_open {
                    new_line(&mut out, depth);
                }
                out.push(*byte);
            }
            b',' => {
                out.push(b',');
                new_line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            other => {
                in_text = *other == b'"';
                out.push(*other);
            }
        }
    }
    out
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + depth * 2, b' ');
}

#[cfg(test)]
mod tests {
    use super::indent;

    #[test]
    fn values_are_on_separate_lines() {
        let text = r#"{"a":[1,{"b":"{\"[,:"}],"c":{},"d":[[]],"e":"\\"}"#.to_owned() + "\n";
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"{\\\"[,:\"\n    }\n  ],\n  \"c\": {},\n  \"d\": [\n    []\n  ],\n  \"e\": \"\\\\\"\n}";
        assert_eq!(String::from_utf8_lossy(&indent(text.as_bytes())), expected);
    }
}
