//! Compilation of patterns, with Go's syntax rewritten for the crate `regex`.
//!
//! Source: `regexp/syntax`.

/// The maximum size of a compiled pattern in bytes.
const SIZE: usize = 32 * 1024 * 1024;

/// Compiles a pattern in Go syntax.
///
/// # Errors
/// Returns an error if the pattern is invalid or too large.
pub fn compile(pattern: &str) -> Result<regex::Regex, String> {
    let rewritten = rewrite(pattern);
    let built = regex::RegexBuilder::new(&rewritten).octal(true).size_limit(SIZE).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!("error parsing regexp: expression too large: `{pattern}`"),
        other => format!("error parsing regexp: {}", other.to_string().lines().last().unwrap_or_default()),
    })
}

/// Compiles a constant pattern of this crate.
pub(crate) fn compile_static(pattern: &str) -> Option<regex::Regex> {
    regex::Regex::new(pattern).ok()
}

/// Rewrites a pattern from Go syntax to the syntax of the crate `regex`.
fn rewrite(pattern: &str) -> String {
    Rewriter { rest: pattern, out: String::with_capacity(pattern.len() + 16) }.all()
}

struct Rewriter<'p> {
    rest: &'p str,
    out: String,
}

impl Rewriter<'_> {
    fn all(mut self) -> String {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape(false),
                '[' => self.class(),
                // A brace without a valid count is a literal.
                '{' if !is_count(self.rest) => self.out.push_str("\\{"),
                '(' => {
                    self.out.push('(');
                    // Comments and verbose mode do not exist in Go.
                }
                c => self.out.push(c),
            }
        }
        self.out
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    /// Rewrites an escape: Perl classes and boundaries are ASCII only.
    fn escape(&mut self, in_class: bool) {
        let Some(c) = self.next() else { return self.out.push('\\') };
        let plain = match c {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            's' => r"[\t\n\f\r ]",
            'S' => r"[^\t\n\f\r ]",
            'b' if !in_class => r"(?-u:\b)",
            'B' if !in_class => r"(?-u:\B)",
            'Q' if !in_class => return self.literal(),
            'p' | 'P' => return self.property(c),
            c => {
                self.out.push('\\');
                return self.out.push(c);
            }
        };
        self.out.push_str(plain);
    }

    /// Rewrites `\p{^Greek}` to `\P{Greek}`.
    fn property(&mut self, p: char) {
        let negated = self.rest.strip_prefix("{^");
        let p = match (p, negated) {
            ('p', Some(_)) => 'P',
            ('P', Some(_)) => 'p',
            (p, _) => p,
        };
        self.out.push('\\');
        self.out.push(p);
        if let Some(rest) = negated {
            self.out.push('{');
            self.rest = rest;
        }
    }

    /// Rewrites text between `\Q` and `\E`.
    fn literal(&mut self) {
        let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
        self.out.push_str(&regex::escape(text));
        self.rest = rest;
    }

    /// Rewrites a bracket expression: only POSIX classes nest, and there are no set operations.
    fn class(&mut self) {
        self.out.push('[');
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.out.push('^');
            self.rest = rest;
        }
        if let Some(rest) = self.rest.strip_prefix(']') {
            self.out.push_str("\\]");
            self.rest = rest;
        }
        while let Some(c) = self.next() {
            match c {
                ']' => return self.out.push(']'),
                '\\' => self.escape(true),
                '[' => match self.rest.strip_prefix(':').and_then(|rest| rest.split_once(":]")) {
                    Some((name, rest)) if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'^') => {
                        self.out.push_str(&format!("[:{name}:]"));
                        self.rest = rest;
                    }
                    _ => self.out.push_str("\\["),
                },
                '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '-' if self.rest.starts_with('-') => self.out.push_str("\\-"),
                c => self.out.push(c),
            }
        }
    }
}

/// Returns whether a valid count follows an opening brace: `3}`, `3,}` or `3,5}`.
fn is_count(rest: &str) -> bool {
    let Some((count, _)) = rest.split_once('}') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match count.split_once(',') {
        None => digits(count),
        Some((min, max)) => digits(min) && (max.is_empty() || digits(max)),
    }
}
