//! `aigwctl graph`

mod svg;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::args::{Globals, Input};
use crate::error::CliError;
use crate::graph::{Edge, Graph};
use crate::inventory::{Inventory, Key};
use crate::output::{self, Tone, one_line, paint};

/// Print the objects and their references, with references that lead nowhere and missing ReferenceGrants
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// A format of graphs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A tree, followed by the missing ReferenceGrants as YAML
    #[default]
    Tree,
    /// A flowchart for Mermaid
    Mermaid,
    /// A graph for Graphviz
    Dot,
    /// A picture
    Svg,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<ExitCode, CliError> {
    let graph = Graph::new(&Inventory::load(&arguments.input, globals).await?);
    if graph.roots.is_empty() {
        eprintln!("No resources found");
    }
    output::print(&match arguments.output {
        Format::Tree => tree(&graph),
        Format::Mermaid => mermaid(&graph),
        Format::Dot => dot(&graph),
        Format::Svg => svg::svg(&graph),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn tree(graph: &Graph) -> String {
    let mut text = String::new();
    for root in &graph.roots {
        text.push_str(&format!("{}\n", one_line(&root.to_string())));
        branches(graph, root, &mut Vec::new(), "", &mut text);
    }
    for (causes, yaml) in &graph.grants {
        text.push('\n');
        for cause in causes {
            text.push_str(&format!("# {}\n", one_line(cause)));
        }
        text.push_str(&format!("---\n{yaml}"));
    }
    text
}

/// Adds the objects below an object. `above` ends cycles.
fn branches(graph: &Graph, key: &Key, above: &mut Vec<Key>, indent: &str, text: &mut String) {
    if above.contains(key) {
        return;
    }
    above.push(key.clone());
    let edges = graph.below(key);
    for (index, Edge { to, problem }) in edges.iter().enumerate() {
        let is_last = index + 1 == edges.len();
        let (branch, next) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
        let problem =
            if problem.is_empty() { String::new() } else { paint(Tone::Bad, &one_line(&format!("  ! {problem}"))) };
        text.push_str(&format!("{indent}{branch}{}{problem}\n", one_line(&to.to_string())));
        branches(graph, to, above, &format!("{indent}{next}"), text);
    }
    above.pop();
}

/// Returns a number for each object.
fn numbers(graph: &Graph) -> BTreeMap<&Key, usize> {
    let targets = graph.edges.values().flatten().map(|edge| &edge.to);
    let mut numbers = BTreeMap::new();
    for key in graph.roots.iter().chain(graph.edges.keys()).chain(targets) {
        let next = numbers.len();
        numbers.entry(key).or_insert(next);
    }
    numbers
}

fn mermaid(graph: &Graph) -> String {
    let numbers = numbers(graph);
    let mut text = "flowchart LR\n".to_owned();
    for (key, number) in &numbers {
        text.push_str(&format!("  n{number}[\"{}\"]\n", entities(&key.to_string()).replacen(' ', "<br/>", 1)));
    }
    for (from, edges) in &graph.edges {
        for Edge { to, problem } in edges {
            let arrow = match problem.as_str() {
                "" => "-->".to_owned(),
                problem => format!("-. \"{}\" .->", entities(problem)),
            };
            text.push_str(&format!("  n{} {arrow} n{}\n", numbers[from], numbers[to]));
        }
    }
    text
}

/// Returns the text of a label of Mermaid, on one line.
fn entities(text: &str) -> String {
    let letter = |letter: char| match letter {
        '"' | '<' | '>' | '&' | '#' => format!("#{};", u32::from(letter)),
        _ => letter.to_string(),
    };
    one_line(text).chars().map(letter).collect()
}

fn dot(graph: &Graph) -> String {
    let numbers = numbers(graph);
    let quoted = |text: &str| format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = "digraph aigateway {\n  rankdir=LR\n  node [shape=box]\n".to_owned();
    for (key, number) in &numbers {
        text.push_str(&format!("  n{number} [label={}]\n", quoted(&key.to_string())));
    }
    for (from, edges) in &graph.edges {
        for Edge { to, problem } in edges {
            let style =
                if problem.is_empty() { String::new() } else { format!(" [style=dashed label={}]", quoted(problem)) };
            text.push_str(&format!("  n{} -> n{}{style}\n", numbers[from], numbers[to]));
        }
    }
    text + "}\n"
}
