//! The layout of every item.
//!
//! It is prettyplease's, with what prettyplease lacks: a blank line between methods, and macro calls with one entry per
//! line. An item whose lines all fit is written as text, which spares nearly all of a crate the way through tokens and a
//! syntax tree; prettyplease breaks the lines of the others.

use super::docs;
use crate::emit::{Body, Code, Function, Item, Member};
use crate::unicode::visible;

/// The width of prettyplease's lines, in bytes.
const WIDTH: usize = 89;

/// The width up to which prettyplease writes a struct expression on one line, without its closing brace.
const STRUCT_WIDTH: usize = 34;

/// The width of documentation and of a macro's entries, which prettyplease does not touch.
pub(super) const TEXT_WIDTH: usize = 120;

/// The width of a macro's entries without their indentation.
const ENTRY_WIDTH: usize = TEXT_WIDTH - 3 * INDENT.len();

/// The number of parameters from which clippy warns.
const MANY_PARAMETERS: usize = 8;

const INDENT: &str = "    ";

/// The place of an item. prettyplease needs it for the indentation, and because only methods have receivers.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// The number of modules and `impl`s around the item.
    depth: usize,
    is_impl: bool,
}

impl Scope {
    pub(super) const FILE: Scope = Scope { depth: 0, is_impl: false };

    fn inside(self, is_impl: bool) -> Scope {
        Scope { depth: self.depth + 1, is_impl }
    }

    /// The lines that open and close the surrounding blocks.
    fn brackets(self) -> (String, String) {
        let open = |level: usize| if self.is_impl && level + 1 == self.depth { "impl T" } else { "mod m" };
        let opening = (0..self.depth).map(|level| format!("{}{} {{\n", INDENT.repeat(level), open(level)));
        let closing = (0..self.depth).rev().map(|level| format!("{}}}\n", INDENT.repeat(level)));
        (opening.collect(), closing.collect())
    }
}

/// Writes items, with blank lines between those that do not belong together.
pub(super) fn items(text: &mut String, items: &[Item], scope: Scope) {
    let mut last = None;
    for item in items {
        let group = Group::of(item);
        if last.is_some_and(|last| last != group || group == Group::Other) {
            text.push('\n');
        }
        last = Some(group);
        self::item(text, item, scope);
    }
}

/// The items of one group follow each other without a blank line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Use,
    Reexport,
    PrivateModule,
    Other,
}

impl Group {
    fn of(item: &Item) -> Self {
        match &item.body {
            _ if !item.docs.is_empty() => Group::Other,
            Body::Use { .. } => Group::Use,
            Body::Line(line) if line.starts_with("pub use ") => Group::Reexport,
            Body::Line(line) if line.starts_with("mod ") => Group::PrivateModule,
            Body::Foreign(item) if matches!(**item, syn::Item::Use(_)) => Group::Use,
            _ => Group::Other,
        }
    }
}

fn item(text: &mut String, item: &Item, scope: Scope) {
    if let Body::Foreign(item) = &item.body {
        return text.push_str(&unparsed(vec![item.as_ref().clone()]));
    }
    let mut lines = Lines::new(text, scope);
    lines.docs(0, &item.docs);
    if let Some(cfg) = &item.cfg {
        lines.code(0, &["#[cfg(", cfg, ")]"]);
    }
    for attribute in &item.attributes {
        lines.code(0, &["#[", attribute, "]"]);
    }
    match &item.body {
        Body::Use { path, names } => match names.as_slice() {
            [one] => lines.code(0, &["use ", path, "::", one, ";"]),
            several => lines.code(0, &["use ", path, "::{", &several.join(", "), "};"]),
        },
        Body::Line(text) => lines.code(0, &[text, ";"]),
        Body::Type { head, members } => type_(head, members, &mut lines),
        Body::Function(of) => function(of, &mut lines),
        Body::Module { name, items } => return block(lines, &["pub mod ", name], items, false),
        Body::Impl { of, functions } => return block(lines, &["impl ", of], functions, true),
        Body::Macro { name, head, entries } => return macro_call(name, head, entries, &mut lines),
        Body::Foreign(_) => {}
    }
    lines.finish();
}

/// An item that contains others.
fn block(mut lines: Lines<'_>, head: &[&str; 2], inner: &[Item], is_impl: bool) {
    let [keyword, name] = *head;
    if inner.is_empty() {
        lines.code(0, &[keyword, name, " {}"]);
        return lines.finish();
    }
    lines.code(0, &[keyword, name, " {"]);
    let scope = lines.scope.inside(is_impl);
    items(lines.text, inner, scope);
    lines.code(0, &["}"]);
}

fn type_(head: &str, members: &[Member], lines: &mut Lines<'_>) {
    if members.is_empty() {
        return lines.code(0, &["pub ", head, " {}"]);
    }
    lines.code(0, &["pub ", head, " {"]);
    for member in members {
        lines.docs(1, &member.docs);
        if !member.serde.is_empty() {
            lines.code(1, &["#[serde(", &member.serde, ")]"]);
        }
        lines.code(1, &[&member.code, ","]);
    }
    lines.code(0, &["}"]);
}

fn function(of: &Function, lines: &mut Lines<'_>) {
    if of.parameters.len() >= MANY_PARAMETERS {
        lines.code(0, &["#[allow(clippy::too_many_arguments)]"]);
    }
    let parameters = of.parameters.join(", ");
    if !lines.code_if_it_fits(0, &[&of.head, "(", &parameters, ") -> ", &of.returns, " {"]) {
        lines.code(0, &[&of.head, "("]);
        for parameter in &of.parameters {
            lines.code(1, &[parameter, ","]);
        }
        lines.code(0, &[") -> ", &of.returns, " {"]);
    }
    match &of.code {
        Code::Text(text) => {
            // Only prettyplease knows how it breaks statements.
            lines.is_too_wide |= text.contains('\n');
            lines.code(1, &[text]);
        }
        Code::Struct { of, values, rest } => struct_expression(of, values, *rest, lines),
    }
    lines.code(0, &["}"]);
}

fn struct_expression(of: &str, values: &[String], rest: Option<&str>, lines: &mut Lines<'_>) {
    let rest = rest.map(|rest| format!("..{rest}"));
    let members: Vec<&str> = values.iter().map(String::as_str).chain(rest.as_deref()).collect();
    let members = members.join(", ");
    if of.len() + " { ".len() + members.len() + " ".len() <= STRUCT_WIDTH {
        return lines.code(1, &[of, " { ", &members, " }"]);
    }
    lines.code(1, &[of, " {"]);
    for value in values {
        lines.code(2, &[value, ","]);
    }
    if let Some(rest) = rest {
        lines.code(2, &[&rest]);
    }
    lines.code(1, &["}"]);
}

fn macro_call(name: &str, head: &str, entries: &[String], lines: &mut Lines<'_>) {
    if head.is_empty() {
        return lines.code(0, &[name, "!(", &entries.join(", "), ");"]);
    }
    // The entries of `defaults!` contain commas.
    let end = if name == "defaults" { ";" } else { "," };
    lines.code(0, &[name, "! {"]);
    macro_entry(1, head, " {", lines);
    for entry in entries {
        macro_entry(2, entry, end, lines);
    }
    lines.code(1, &["}"]);
    lines.code(0, &["}"]);
}

/// A line of a macro call, or several if it is too long.
fn macro_entry(indent: usize, entry: &str, end: &str, lines: &mut Lines<'_>) {
    let is_one_line = entry.len() + end.len() <= ENTRY_WIDTH && !entry.contains('\n') && !entry.contains("  ");
    if is_one_line {
        return lines.code(indent, &[entry, end]);
    }
    for line in wrapped(&format!("{entry}{end}")) {
        lines.code(indent, &[&line]);
    }
}

/// The lines of an entry: it is broken at blanks outside of literals where it is too long.
fn wrapped(entry: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in entry.lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let mut current = indent.to_owned();
        for (index, word) in words(line).into_iter().enumerate() {
            if index > 0 && current.len() + 1 + word.len() > ENTRY_WIDTH {
                lines.push(std::mem::replace(&mut current, format!("{indent}{INDENT}")));
            } else if index > 0 {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines
}

/// The parts of a line between blanks; literals are never divided.
fn words(line: &str) -> Vec<&str> {
    let (mut words, mut start, mut in_literal, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_literal => is_escaped = true,
            b'"' => in_literal = !in_literal,
            b' ' if !in_literal && at > start => {
                words.push(&line[start..at]);
                start = at + 1;
            }
            b' ' if !in_literal => start = at + 1,
            _ => {}
        }
    }
    words.push(&line[start..]);
    words
}

/// The text of an item below that of others, and whether a line of its code is too long.
struct Lines<'t> {
    text: &'t mut String,
    /// Where the text of the item starts.
    start: usize,
    scope: Scope,
    is_too_wide: bool,
}

impl<'t> Lines<'t> {
    fn new(text: &'t mut String, scope: Scope) -> Self {
        Lines { start: text.len(), text, scope, is_too_wide: false }
    }

    /// A line of code.
    fn code(&mut self, indent: usize, parts: &[&str]) {
        let width = self.line(indent, parts);
        self.is_too_wide |= width > WIDTH;
    }

    /// A line of code, unless it is too long. Returns whether it is written.
    fn code_if_it_fits(&mut self, indent: usize, parts: &[&str]) -> bool {
        let start = self.text.len();
        let fits = self.line(indent, parts) <= WIDTH;
        if !fits {
            self.text.truncate(start);
        }
        fits
    }

    /// Writes a line and returns its width.
    fn line(&mut self, indent: usize, parts: &[&str]) -> usize {
        let start = self.text.len();
        self.indent(indent);
        self.text.extend(parts.iter().copied());
        self.text.push('\n');
        self.text.len() - start - 1
    }

    /// Documentation; no text, no lines.
    fn docs(&mut self, indent: usize, text: &str) {
        let width = TEXT_WIDTH - INDENT.len() * (self.scope.depth + indent) - "/// ".len();
        docs::wrap(text, width, |line| {
            self.indent(indent);
            self.text.push_str("///");
            let start = self.text.len();
            if !line.is_empty() {
                self.text.push(' ');
                self.text.push_str(&visible(line));
            }
            self.text.truncate(start + self.text[start..].trim_end_matches(' ').len());
            self.text.push('\n');
        });
    }

    fn indent(&mut self, steps: usize) {
        (0..self.scope.depth + steps).for_each(|_| self.text.push_str(INDENT));
    }

    /// Lets prettyplease lay out the text if a line is too long.
    fn finish(self) {
        if !self.is_too_wide {
            return;
        }
        let (before, after) = self.scope.brackets();
        let Ok(file) = syn::parse_file(&format!("{before}{}{after}", &self.text[self.start..])) else { return };
        let text = unparsed(file.items);
        if let Some(inner) = text.strip_prefix(&before).and_then(|text| text.strip_suffix(&after)) {
            self.text.replace_range(self.start.., inner);
        }
    }
}

fn unparsed(items: Vec<syn::Item>) -> String {
    prettyplease::unparse(&syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items })
}

#[cfg(test)]
mod tests;
