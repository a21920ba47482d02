//! Converts a page to a script that runs its shell blocks and writes its files, in their order.

use super::BoxError;

/// Command of the page that is replaced until the crate is published.
const INSTALL: &str = "cargo install kube-client-gen --features cli";

/// Returns the script of a page. Blocks of `sh` are commands. A block below a line with a path in backquotes and a colon is
/// the content of that file. `install` replaces the installation of kube-client-gen.
pub(super) fn script(page: &str, install: &str) -> String {
    let mut script = String::new();
    for Block { language, path, text } in parse(page) {
        match path {
            Some(path) => {
                script.push_str(&format!(
                    "mkdir -p \"$(dirname {path})\"\ncat >{path} <<'END OF FILE'\n{text}END OF FILE\n"
                ));
            }
            None if language == "sh" => script.push_str(&text.replace(INSTALL, &format!("{install} --features cli"))),
            None => {}
        }
    }
    script
}

/// Returns the blocks of a page in a language.
pub(super) fn blocks(page: &str, language: &str) -> Vec<String> {
    parse(page).into_iter().filter(|block| block.language == language).map(|block| block.text).collect()
}

/// Returns the commands that `init` prints below `Next steps:`.
pub(super) fn next_steps(output: &str) -> Result<String, BoxError> {
    let (_, steps) = output.split_once("\nNext steps:\n").ok_or("output of init has no next steps")?;
    Ok(steps.lines().take_while(|line| line.starts_with("  ")).collect::<Vec<_>>().join("\n"))
}

struct Block {
    language: String,
    /// Path of the file with this content.
    path: Option<String>,
    text: String,
}

fn parse(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    let mut before = "";
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: String =
                lines.by_ref().take_while(|line| !line.starts_with("```")).flat_map(|line| [line, "\n"]).collect();
            let path = before.strip_prefix('`').and_then(|path| path.strip_suffix("`:")).map(str::to_owned);
            blocks.push(Block { language: language.to_owned(), path, text });
            before = "";
        } else if !line.trim().is_empty() {
            before = line;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_converted_to_a_script_of_its_commands_and_files() {
        let page = "# A\n\n```sh\ncargo install kube-client-gen --features cli\n```\n\n`a/b.toml`:\n\n```toml\nx = 1\n```\n\nNot run:\n\n```console\n$ rm x\n```\n";
        let script = script(page, "install it");
        assert_eq!(
            script,
            "install it --features cli\nmkdir -p \"$(dirname a/b.toml)\"\ncat >a/b.toml <<'END OF FILE'\nx = 1\nEND OF FILE\n"
        );
        assert_eq!(blocks(page, "toml"), ["x = 1\n"]);
    }

    #[test]
    fn next_steps_end_with_their_indentation() {
        assert_eq!(next_steps("wrote x\n\nNext steps:\n  cd a\n  cargo test\ndone\n").unwrap(), "  cd a\n  cargo test");
        assert!(next_steps("wrote x\n").is_err());
    }
}
