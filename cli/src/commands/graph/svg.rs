//! A graph as SVG: objects in columns from left to right, with numbered problems that are listed below.

use std::collections::BTreeMap;

use crate::graph::{Edge, Graph};
use crate::inventory::Key;
use crate::output::visible;

const LETTER: usize = 8;
const LINE: usize = 18;
const HEIGHT: usize = 46;
const ROW: usize = HEIGHT + 16;
const BETWEEN: usize = 90;
const MARGIN: usize = 20;

/// A box of an object.
struct Place {
    x: usize,
    y: usize,
    width: usize,
}

/// Returns the graph as a complete SVG document.
pub(super) fn svg(graph: &Graph) -> String {
    let columns = columns(graph);
    let (places, width) = places(&columns);
    let rows = columns.iter().map(Vec::len).max().unwrap_or_default();
    let mut body = String::new();
    let mut problems = Vec::new();
    for (from, edges) in &graph.edges {
        for edge in edges {
            body.push_str(&line(&places[from], &places[&edge.to], edge, &mut problems, from));
        }
    }
    for (key, place) in &places {
        body.push_str(&node(key, place));
    }
    let below = 2 * MARGIN + rows * ROW;
    for (index, problem) in problems.iter().enumerate() {
        body.push_str(&text(MARGIN, below + index * LINE, "problem", problem));
    }
    let longest = problems.iter().map(|problem| problem.chars().count()).max().unwrap_or_default();
    let width = width.max(2 * MARGIN + longest * LETTER);
    let height = below + problems.len() * LINE;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n{STYLE}{body}</svg>\n"
    )
}

const STYLE: &str = "<style>\n  text { font: 13px monospace; fill: #222 }\n  rect { fill: #f6f8fa; stroke: #57606a }\n  \
    path { fill: none; stroke: #57606a }\n  .bad { stroke: #cf222e; stroke-dasharray: 5 4 }\n  .kind { fill: #57606a }\n  \
    .problem { fill: #cf222e }\n</style>\n<rect width=\"100%\" height=\"100%\" style=\"fill: white; stroke: none\"/>\n";

/// Returns the objects of each column, in the order of the tree. An object is behind all objects that refer to it, except in
/// cycles.
fn columns(graph: &Graph) -> Vec<Vec<&Key>> {
    let mut ranks: BTreeMap<&Key, usize> = BTreeMap::new();
    let mut order = Vec::new();
    for root in graph.roots.iter().chain(graph.edges.keys()) {
        visit(graph, root, &mut ranks, &mut order);
    }
    order.reverse();
    for key in &order {
        for edge in graph.below(key) {
            let next = ranks[key] + 1;
            let is_forward = position(&order, &edge.to) > position(&order, key);
            let rank = ranks.entry(&edge.to).or_default();
            if is_forward && *rank < next {
                *rank = next;
            }
        }
    }
    let mut columns: Vec<Vec<&Key>> = vec![Vec::new(); ranks.values().max().map_or(0, |last| last + 1)];
    for key in order {
        columns[ranks[key]].push(key);
    }
    columns
}

/// Adds an object behind the objects below it.
fn visit<'g>(graph: &'g Graph, key: &'g Key, seen: &mut BTreeMap<&'g Key, usize>, order: &mut Vec<&'g Key>) {
    if seen.insert(key, 0).is_none() {
        graph.below(key).iter().rev().for_each(|edge| visit(graph, &edge.to, seen, order));
        order.push(key);
    }
}

fn position(order: &[&Key], key: &Key) -> Option<usize> {
    order.iter().position(|other| *other == key)
}

/// Returns the boxes, and the width of all columns.
fn places<'g>(columns: &[Vec<&'g Key>]) -> (BTreeMap<&'g Key, Place>, usize) {
    let mut places = BTreeMap::new();
    let mut x = MARGIN;
    for column in columns {
        let letters = |key: &&Key| key.kind.chars().count().max(name(key).chars().count());
        let width = column.iter().map(letters).max().unwrap_or_default() * LETTER + 20;
        for (row, key) in column.iter().enumerate() {
            places.insert(*key, Place { x, y: MARGIN + row * ROW, width });
        }
        x += width + BETWEEN;
    }
    (places, x.saturating_sub(BETWEEN) + MARGIN)
}

fn name(key: &Key) -> String {
    if key.namespace.is_empty() { key.name.clone() } else { format!("{}/{}", key.namespace, key.name) }
}

fn node(key: &Key, place: &Place) -> String {
    let Place { x, y, width } = place;
    let rect = format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"5\"/>\n");
    rect + &text(x + 10, y + LINE, "kind", &key.kind) + &text(x + 10, y + 2 * LINE, "name", &name(key))
}

/// Returns the line of an edge, and adds its problem.
fn line(from: &Place, to: &Place, edge: &Edge, problems: &mut Vec<String>, key: &Key) -> String {
    let (x1, y1) = (from.x + from.width, from.y + HEIGHT / 2);
    let (x2, y2) = (to.x, to.y + HEIGHT / 2);
    let (c1, c2) = (x1 + BETWEEN / 2, x2.saturating_sub(BETWEEN / 2));
    let path = format!("M {x1} {y1} C {c1} {y1}, {c2} {y2}, {x2} {y2}");
    if edge.problem.is_empty() {
        return format!("<path d=\"{path}\"/>\n");
    }
    let number = problems.len() + 1;
    problems.push(format!("{number}. {key} to {}: {}", edge.to, edge.problem));
    let label =
        text(usize::midpoint(x1, x2), usize::midpoint(y1, y2).saturating_sub(4), "problem", &number.to_string());
    format!("<path class=\"bad\" d=\"{path}\"><title>{}</title></path>\n{label}", escaped(&edge.problem))
}

fn text(x: usize, y: usize, class: &str, text: &str) -> String {
    format!("<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>\n", escaped(text))
}

fn escaped(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: &str, name: &str) -> Key {
        Key::new("example.com", kind, "shop", name)
    }

    fn graph(edges: &[(&str, &str, &str)]) -> Graph {
        let mut graph = Graph { roots: vec![key("A", "root")], ..Graph::default() };
        for (from, to, problem) in edges {
            let edge = Edge { to: key("A", to), problem: (*problem).to_owned() };
            graph.edges.entry(key("A", from)).or_default().push(edge);
        }
        graph
    }

    #[test]
    fn objects_are_behind_those_that_refer_to_them() {
        let graph = graph(&[("root", "b", ""), ("root", "c", ""), ("b", "c", ""), ("c", "d", "")]);
        let columns = columns(&graph);
        let names: Vec<Vec<&str>> =
            columns.iter().map(|column| column.iter().map(|key| key.name.as_str()).collect()).collect();
        assert_eq!(names, [["root"], ["b"], ["c"], ["d"]]);
    }

    #[test]
    fn cycles_end() {
        let graph = graph(&[("root", "b", ""), ("b", "root", "")]);
        assert_eq!(columns(&graph).concat().len(), 2);
        assert_eq!(svg(&Graph::default()).matches("<text").count(), 0);
    }

    #[test]
    fn problems_are_listed_and_text_is_escaped() {
        let svg = svg(&graph(&[("root", "b", "<no> \"b\"")]));
        assert!(svg.contains("1. A shop/root to A shop/b: &lt;no&gt; &quot;b&quot;</text>"), "{svg}");
        assert_eq!((svg.matches("<path").count(), svg.matches("class=\"bad\"").count()), (1, 1));
    }
}
