//! The lines of the data.

use super::Release;

/// A line that starts a block, and the indented ones below it.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// The line, without the releases that have it.
    pub(super) head: &'static str,
    body: &'static str,
}

impl Block {
    /// Returns the lines of a release.
    pub(super) fn lines(&self, release: Release) -> impl Iterator<Item = &'static str> {
        self.body.lines().filter_map(move |line| of_release(line.trim_start_matches(' '), release))
    }
}

/// Returns the blocks of a release.
pub(super) fn blocks(text: &'static str, release: Release) -> impl Iterator<Item = Block> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (head, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let body = after.len() - skip_indented(after).len();
            rest = &after[body..];
            if let Some(head) = of_release(head, release) {
                return Some(Block { head, body: &after[..body] });
            }
        }
        None
    })
}

fn skip_indented(text: &str) -> &str {
    let mut rest = text;
    while rest.starts_with(' ') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest
}

/// Returns a line without its suffix if the release has it.
fn of_release(line: &str, release: Release) -> Option<&str> {
    let Some((text, releases)) = line.rsplit_once(" @") else { return Some(line) };
    let minor = release.minor();
    let number = |text: &str| text.parse::<u32>().unwrap_or_default();
    let has = releases.split(',').any(|part| match part.split_once('-') {
        Some((first, last)) => (number(first)..=number(last)).contains(&minor),
        None => number(part) == minor,
    });
    has.then_some(text)
}
