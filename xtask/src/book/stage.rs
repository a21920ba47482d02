//! Copies the pages, and the files to which they link.

use std::collections::BTreeSet;
use std::fs;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::BoxError;

const SUMMARY: &str = "docs/SUMMARY.md";

/// Copies the pages of the summary and what they link to. Linked pages that are not in the summary become its last part.
pub(super) fn stage(repository: &Utf8Path, source: &Utf8Path) -> Result<(), BoxError> {
    let summary = fs::read_to_string(repository.join(SUMMARY))?;
    let listed: BTreeSet<Utf8PathBuf> =
        local_links(&summary).map(|link| resolved(Utf8Path::new(SUMMARY), link)).collect();
    let mut waiting: Vec<Utf8PathBuf> = listed.iter().cloned().collect();
    let mut copied = BTreeSet::new();
    while let Some(file) = waiting.pop() {
        if !copied.insert(file.clone()) {
            continue;
        }
        let (from, to) = (repository.join(&file), source.join(&file));
        if !from.is_file() {
            return Err(format!("{file}: a page links to it, and it is not a file").into());
        }
        fs::create_dir_all(to.parent().unwrap_or(source))?;
        fs::copy(&from, &to)?;
        if file.extension() == Some("md") {
            let text = fs::read_to_string(&from)?;
            if let Some(link) = local_links(&text).find(|link| leaves(&file, link)) {
                return Err(format!("{file}: {link}: the link leaves the repository").into());
            }
            waiting.extend(local_links(&text).map(|link| resolved(&file, link)));
        }
    }
    let mut text = rebased(&summary);
    let is_other = |file: &&Utf8PathBuf| file.extension() == Some("md") && !listed.contains(*file);
    let others: Vec<String> = copied.iter().filter(is_other).map(|file| format!("- [{file}]({file})\n")).collect();
    if !others.is_empty() {
        text.push_str(&format!("\n# Other pages\n\n{}", others.concat()));
    }
    Ok(fs::write(source.join("SUMMARY.md"), text)?)
}

/// Returns the summary with links that are relative to the repository.
fn rebased(summary: &str) -> String {
    let mut text = summary.to_owned();
    for link in local_links(summary) {
        text = text.replace(&format!("]({link})"), &format!("]({})", resolved(Utf8Path::new(SUMMARY), link)));
    }
    text
}

/// Returns the targets of links to files outside of code, without their anchors.
fn local_links(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    let prose = text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    let targets = prose.flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
    let paths = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    paths.filter_map(|target| target.split('#').next()).filter(|path| !path.is_empty())
}

/// Whether a link in a page is absolute, or leads out of the repository.
fn leaves(page: &Utf8Path, link: &str) -> bool {
    let mut depth = page.components().count() - 1;
    Utf8Path::new(link).components().any(|part| {
        let is_out = matches!(part, Utf8Component::RootDir) || (part == Utf8Component::ParentDir && depth == 0);
        match part {
            Utf8Component::ParentDir => depth = depth.saturating_sub(1),
            _ => depth += 1,
        }
        is_out
    })
}

/// Returns the path of a link in a page, relative to the repository.
fn resolved(page: &Utf8Path, link: &str) -> Utf8PathBuf {
    let mut path = page.parent().map(Utf8Path::to_owned).unwrap_or_default();
    for part in Utf8Path::new(link).components() {
        match part {
            Utf8Component::ParentDir => drop(path.pop()),
            Utf8Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative_to_the_repository() {
        let summary = "[A](../README.md)\n- [B](b.md)\n```\n[c](c.md)\n```\n[d](https://example.com) [e](b.md#x)\n";
        assert_eq!(local_links(summary).collect::<Vec<_>>(), ["../README.md", "b.md", "b.md"]);
        assert!(rebased(summary).starts_with("[A](README.md)\n- [B](docs/b.md)\n"));
        assert_eq!(resolved(Utf8Path::new("docs/a.md"), "../examples/./x.rs"), "examples/x.rs");
    }

    #[test]
    fn linked_files_and_pages_are_copied() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir_all(root.join("docs")).unwrap();
        let write = |path: &str, text: &str| fs::write(root.join(path), text).unwrap();
        write(SUMMARY, "# Summary\n\n- [A](a.md)\n");
        write("docs/a.md", "[b](../b.md#x) [c](../c.rs)");
        write("b.md", "[a](docs/a.md)");
        write("c.rs", "fn main() {}\n");
        let source = root.join("out");
        stage(root, &source).unwrap();
        let summary = fs::read_to_string(source.join("SUMMARY.md")).unwrap();
        assert_eq!(summary, "# Summary\n\n- [A](docs/a.md)\n\n# Other pages\n\n- [b.md](b.md)\n");
        assert!(source.join("c.rs").exists());
        for link in ["/etc/hostname", "../x.md", "docs/../../x.md"] {
            write("b.md", &format!("[x]({link})"));
            let expected = format!("b.md: {link}: the link leaves the repository");
            assert_eq!(stage(root, &source).unwrap_err().to_string(), expected);
        }
        write("b.md", "[x](x.md)");
        assert_eq!(stage(root, &source).unwrap_err().to_string(), "x.md: a page links to it, and it is not a file");
    }
}
