//! The escaping of Markdown and HTML in descriptions.

use super::code::code;

/// Escapes the syntax of Markdown and HTML outside of code spans, and turns bare URLs into links.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    if rest.starts_with(['#', '>', '~', '+', '=', '-']) {
        out.extend(["\\", &rest[..1]]);
        rest = &rest[1..];
    }
    while !rest.is_empty() {
        let run = rest.bytes().position(|byte| MAY_BE_READ[usize::from(byte)]).unwrap_or(rest.len());
        out.push_str(&rest[..run]);
        rest = &rest[run..];
        let taken = match rest.as_bytes().first() {
            None => break,
            Some(b'`') => Some(ticks(rest, &mut out)),
            Some(b':') => scheme_end(&out).and_then(|start| link(start, rest, &mut out)),
            Some(b'&') => {
                out.push_str("&amp;");
                Some(1)
            }
            Some(b'_') if inside_word(&out, rest) => None,
            Some(_) => {
                out.push('\\');
                None
            }
        };
        let taken = taken.unwrap_or_else(|| {
            out.push_str(&rest[..1]);
            1
        });
        rest = &rest[taken..];
    }
    out
}

/// Whether a byte may start other syntax than text; a colon may end the scheme of a URL.
const MAY_BE_READ: [bool; 256] = {
    let (syntax, mut table, mut index) = (b"`:<[]*\\|_&", [false; 256], 0);
    while index < syntax.len() {
        table[syntax[index] as usize] = true;
        index += 1;
    }
    table
};

/// Writes a code span, or the backticks themselves. Returns its length in the text.
fn ticks(text: &str, out: &mut String) -> usize {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let Some(length) = code_span(text, ticks) else {
        (0..ticks).for_each(|_| out.push_str("\\`"));
        return ticks;
    };
    if ticks < 3 {
        out.push_str(&text[..length]);
    } else {
        // Three and more, left at the start of a line, would open a block.
        out.push_str(&code(text[ticks..length - ticks].trim()));
    }
    length
}

/// Where the scheme of a URL starts that ends a text.
fn scheme_end(text: &str) -> Option<usize> {
    let scheme = ["https", "http"].into_iter().find(|scheme| text.ends_with(scheme))?;
    Some(text.len() - scheme.len())
}

/// Writes the URL whose scheme starts at `start` of the output and continues in `rest`. Returns its length in `rest`.
fn link(start: usize, rest: &str, out: &mut String) -> Option<usize> {
    let length = url(&out[start..], rest)?;
    let scheme = out.split_off(start);
    let quoted = out.ends_with("\\<");
    if quoted {
        out.truncate(out.len() - 2);
    }
    out.extend(["<", &scheme, &rest[..length], ">"]);
    Some(length + usize::from(quoted && rest[length..].starts_with('>')))
}

/// An underscore between letters never starts emphasis.
fn inside_word(before: &str, rest: &str) -> bool {
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    word(before.chars().next_back()) && word(rest.chars().nth(1))
}

/// The length of the code span that opens with `ticks` backticks, if it closes.
fn code_span(text: &str, ticks: usize) -> Option<usize> {
    let mut at = ticks;
    while let Some(start) = text[at..].find('`') {
        let start = at + start;
        let run = text[start..].len() - text[start..].trim_start_matches('`').len();
        if run == ticks {
            return Some(start + run);
        }
        at = start + run;
    }
    None
}

/// The length of the URL at the start of a text, after its scheme.
fn url(scheme: &str, text: &str) -> Option<usize> {
    if !text.starts_with("://") {
        return None;
    }
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '\\' | '|' | '{' | '}'))
        .unwrap_or(text.len());
    let url = text[..end].trim_end_matches(['.', ',', ';', ':', ')', ']', '\'', '!', '?']);
    (scheme.len() + url.len() > "https://".len()).then_some(url.len())
}
