//! The pages of `docs/`: each is in the book, and its code is compiled, run or a part of a file.

use std::collections::BTreeSet;

use super::{PAGES_OF_USERS, links, read, repository};

/// A block of code.
struct Block {
    /// The words after the fence, such as `rust,no_run`.
    language: String,
    /// The file that a line before the block names.
    file: Option<String>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut lines, mut before) = (page.lines(), "");
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text =
                lines.by_ref().take_while(|line| !line.starts_with("```")).flat_map(|line| [line, "\n"]).collect();
            let file = before.strip_prefix('`').and_then(|path| path.strip_suffix("`:"));
            let file = file.filter(|path| !path.contains([' ', '`'])).map(str::to_owned);
            blocks.push(Block { language: language.to_owned(), file, text });
        }
        if !line.is_empty() {
            before = line;
        }
    }
    blocks
}

/// The names of the pages in `docs/`.
fn names() -> BTreeSet<String> {
    let entries = repository().join("docs").read_dir_utf8().unwrap().map(Result::unwrap);
    let pages = entries.filter(|entry| entry.path().extension() == Some("md"));
    pages.map(|entry| entry.file_name().to_owned()).filter(|name| name != "SUMMARY.md").collect()
}

#[test]
fn summary_contains_each_page_once() {
    let summary = read(&repository().join("docs/SUMMARY.md"));
    let mut pages: Vec<String> = links(&summary).into_iter().filter(|link| !link.starts_with("../")).collect();
    pages.sort();
    assert_eq!(pages, names().into_iter().collect::<Vec<_>>());
}

#[test]
fn code_of_pages_is_compiled_and_run_outside_of_the_repository() {
    let root = repository();
    let (compiled, run) = (read(&root.join("examples/src/lib.rs")), read(&root.join("xtask/src/outside.rs")));
    let mut errors = Vec::new();
    for name in names() {
        let blocks = blocks(&read(&root.join("docs").join(&name)));
        let is_run = run.contains(&format!("\"docs/{name}\""));
        let is_rust = |block: &Block| block.language.starts_with("rust") && !block.language.contains("ignore");
        let rust = blocks.iter().any(|block| is_rust(block) && block.file.is_none());
        if rust && !(is_run && compiled.contains(&format!("include_str!(\"../../docs/{name}\")"))) {
            errors.push(format!("{name}: add it to examples/src/lib.rs and to PAGES in xtask/src/outside.rs"));
        }
        let shell = blocks.iter().any(|block| block.language == "sh");
        if shell && !is_run && name != "client-deployment-guide.md" {
            errors.push(format!(
                "{name}: has commands (sh) that CI does not run: use console, or run it in xtask outside"
            ));
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn blocks_below_the_name_of_a_file_are_parts_of_it() {
    let root = repository();
    let mut count = 0;
    for name in names().into_iter().filter(|name| !PAGES_OF_USERS.contains(&name.as_str())) {
        for Block { file, text, .. } in blocks(&read(&root.join("docs").join(&name))) {
            let Some(file) = file else { continue };
            count += 1;
            assert!(read(&root.join(&file)).contains(&text), "{name}: {file} does not contain:\n{text}");
        }
    }
    assert!(count > 5, "{count} blocks");
}
