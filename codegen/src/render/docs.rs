//! Lines of Markdown are broken where they are too long.

/// Calls `write` with the lines of a text, broken at blanks where they are longer than `width` bytes. Tables, headings and code
/// blocks stay as they are.
pub(super) fn wrap(text: &str, width: usize, mut write: impl FnMut(&str)) {
    let mut is_code = false;
    for line in text.lines() {
        let start = line.trim_start();
        let is_fence = start.starts_with("```") || start.starts_with("~~~");
        is_code ^= is_fence;
        if line.len() <= width || is_code || is_fence || start.starts_with(['|', '#']) || line.starts_with("    ") {
            write(line);
        } else {
            wrap_line(line, width, &mut write);
        }
    }
}

fn wrap_line(line: &str, width: usize, write: &mut impl FnMut(&str)) {
    let content = line.trim_start();
    let marker = if content.starts_with("- ") || content.starts_with("* ") { 2 } else { 0 };
    let indent = " ".repeat(line.len() - content.len() + marker);
    let mut current = String::new();
    let mut words = line.split(' ').peekable();
    while let Some(word) = words.next() {
        current.push_str(word);
        let Some(next) = words.peek() else { break };
        if current.len() + 1 + next.len() > width && may_start_a_line(next) && !current.trim().is_empty() {
            write(&current);
            current.clear();
            current.push_str(&indent);
        } else {
            current.push(' ');
        }
    }
    write(&current);
}

/// Whether a word at the start of a line is text: neither a list, a quote, a heading nor a table.
fn may_start_a_line(word: &str) -> bool {
    let is_marker = |letter: char| letter.is_ascii_digit() || "-+*>#<~:_|".contains(letter);
    !word.is_empty()
        && (!word.starts_with(is_marker) || word.starts_with("||") || word.starts_with("<http"))
        && !word.starts_with("```")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        wrap(text, width, |line| lines.push(line.to_owned()));
        lines
    }

    #[test]
    fn list_items_are_continued_below_their_text() {
        let lines = wrapped("- Rule: `self.a > 1 || self.b` (message: a is required).", 30);
        assert_eq!(lines, ["- Rule: `self.a > 1 || self.b`", "  (message: a is required)."]);
    }

    #[test]
    fn tables_and_code_blocks_are_kept() {
        let text = "| aaaaaaa bbbbbbb |\n```\naaaaaaa bbbbbbb\n```\naaaaaaa bbbbbbb";
        let lines = ["| aaaaaaa bbbbbbb |", "```", "aaaaaaa bbbbbbb", "```", "aaaaaaa", "bbbbbbb"];
        assert_eq!(wrapped(text, 10), lines);
    }

    proptest! {
        #[test]
        fn words_and_their_order_are_kept(text in "[-a-z>`(. 1-9]{0,200}") {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrapped(&text, 20).join("\n")), words(&text));
        }
    }
}
