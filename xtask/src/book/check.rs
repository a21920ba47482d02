//! Finds links of HTML files that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::BoxError;

/// Files of mdBook itself, whose links are not those of pages.
const SKIPPED: [&str; 3] = ["404.html", "print.html", "toc.html"];

/// Returns the links of a folder's HTML files to files or anchors that do not exist.
pub(super) fn broken_links(folder: &Utf8Path) -> Result<Vec<String>, BoxError> {
    let mut pages = BTreeMap::new();
    read(folder, &mut pages)?;
    let anchors: BTreeMap<&Utf8PathBuf, BTreeSet<&str>> =
        pages.iter().map(|(path, text)| (path, values(text, "id").collect())).collect();
    let mut broken = Vec::new();
    for (page, text) in &pages {
        if page.file_name().is_some_and(|name| SKIPPED.contains(&name)) {
            continue;
        }
        let links = values(text, "href").filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
        for link in links.collect::<BTreeSet<_>>() {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap_or(folder).join(path) };
            let exists = target.canonicalize_utf8().ok().filter(|target| target.is_file());
            let Some(target) = exists else {
                broken.push(format!("{page}: {link}: the file does not exist"));
                continue;
            };
            let is_known = anchors.get(&target).is_none_or(|anchors| anchors.contains(anchor));
            if !anchor.is_empty() && !is_known {
                broken.push(format!("{page}: {link}: no element has this id"));
            }
        }
    }
    Ok(broken)
}

/// Reads all HTML files, by their canonical paths.
fn read(folder: &Utf8Path, pages: &mut BTreeMap<Utf8PathBuf, String>) -> Result<(), BoxError> {
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            read(entry.path(), pages)?;
        } else if entry.path().extension() == Some("html") {
            pages.insert(entry.path().canonicalize_utf8()?, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}

/// Returns the values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let start = format!(" {attribute}=\"");
    let mut rest = html;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&start)?;
        let (value, after) = after.split_once('"')?;
        rest = after;
        Some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_missing_files_and_anchors_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let write = |name: &str, text: &str| fs::write(root.join(name), text).unwrap();
        write(
            "a.html",
            "<a href=\"b.html#x\"></a> <a href=\"b.html#y\"></a> <a href=\"c.html\"></a> <a href=\"https://x\"></a>",
        );
        write("b.html", "<h1 id=\"x\"></h1>");
        let broken = broken_links(root).unwrap();
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken[0].ends_with("a.html: b.html#y: no element has this id"), "{broken:?}");
        assert!(broken[1].ends_with("a.html: c.html: the file does not exist"), "{broken:?}");
    }
}
