//! The session of the README.

use crate::program::run;

/// Returns the commands of `console` blocks with their outputs.
fn session(page: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut is_console = false;
    for line in page.lines() {
        match line {
            "```console" => is_console = true,
            "```" => is_console = false,
            line if is_console => match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => *output += &format!("{line}\n"),
                (None, None) => panic!("output without a command: {line}"),
            },
            _ => {}
        }
    }
    commands
}

#[test]
fn session_prints_what_the_program_prints() {
    let commands = session(include_str!("../../README.md"));
    assert!(commands.len() >= 5);
    for (command, output) in commands {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(arguments[0], "aigwctl");
        assert_eq!(run(&arguments[1..]).stdout, output, "{command}");
    }
}
