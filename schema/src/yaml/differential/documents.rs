//! Random documents, small and with many edge cases.

use super::fragments::{JSON, LINES, QUOTED, SCALARS, SOUP, TAGS};

pub(super) struct Documents {
    random: fastrand::Rng,
    out: String,
    depth: usize,
}

impl Documents {
    pub(super) fn new(seed: u64) -> Self {
        Documents { random: fastrand::Rng::with_seed(seed), out: String::new(), depth: 0 }
    }

    pub(super) fn next_document(&mut self) -> Vec<u8> {
        self.out.clear();
        self.depth = 0;
        match self.random.u32(..100) {
            0..45 => self.stream(),
            45..60 => {
                self.stream();
                self.mutate();
            }
            60..85 => (0..self.random.usize(1..14)).for_each(|_| self.one_of(SOUP)),
            85..95 => self.json(),
            _ => {
                let scalar = self.random.choice(SCALARS).copied().unwrap_or_default();
                self.out.push_str(scalar);
                self.out.push_str(": 1");
            }
        }
        if self.chance(40) {
            self.out = self.out.replace('\n', "\r\n");
        }
        self.encoded()
    }

    fn encoded(&mut self) -> Vec<u8> {
        let units = |mark: &str| [mark, &self.out].concat().encode_utf16().collect::<Vec<u16>>();
        match self.random.u32(..200) {
            0 => units("\u{FEFF}").into_iter().flat_map(u16::to_le_bytes).collect(),
            1 => units("\u{FEFF}").into_iter().flat_map(u16::to_be_bytes).collect(),
            2 => format!("\u{FEFF}{}", self.out).into_bytes(),
            3 => {
                let mut bytes = self.out.clone().into_bytes();
                let at = self.random.usize(..=bytes.len());
                bytes.insert(at, self.random.u8(128..));
                bytes
            }
            _ => self.out.clone().into_bytes(),
        }
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.random.u32(..one_in) == 0
    }

    fn one_of(&mut self, texts: &[&str]) {
        let text = self.random.choice(texts).copied().unwrap_or_default();
        self.out.push_str(text);
    }

    fn stream(&mut self) {
        for _ in 0..self.random.usize(1..3) {
            if self.chance(6) {
                self.one_of(LINES);
                self.out.push('\n');
            }
            self.block(0);
            if !self.chance(8) {
                self.out.push('\n');
            }
            if self.chance(6) {
                self.out.push_str("---\n");
            }
        }
    }

    fn mutate(&mut self) {
        for _ in 0..self.random.usize(1..4) {
            let mut at = self.random.usize(..=self.out.len());
            while !self.out.is_char_boundary(at) {
                at -= 1;
            }
            match self.random.u32(..3) {
                0 if at < self.out.len() => drop(self.out.remove(at)),
                1 => {
                    let text = self.random.choice(SOUP).copied().unwrap_or_default();
                    self.out.insert_str(at, text);
                }
                _ => {
                    let text = self.random.choice(LINES).copied().unwrap_or_default();
                    let at = self.out[..at].rfind('\n').map_or(0, |at| at + 1);
                    self.out.insert_str(at, &format!("{text}\n"));
                }
            }
        }
    }

    fn json(&mut self) {
        for _ in 0..self.random.usize(1..5) {
            self.one_of(JSON);
            self.one_of(&["", "", "\n", " ", "\n---\n", "\n\n", "\r\n", " \n"]);
        }
    }

    fn indent(&mut self, columns: usize) {
        let columns = if self.chance(60) { self.random.usize(..5) } else { columns };
        self.out.push_str(&" ".repeat(columns));
    }

    /// Writes a mapping, a sequence or a scalar with lines indented to a column; the first line is already indented.
    fn block(&mut self, column: usize) {
        self.depth += 1;
        match self.random.u32(..10) {
            0..6 if self.depth < 5 => self.mapping(column),
            6..8 if self.depth < 5 => self.sequence(column),
            _ => self.value(column),
        }
        self.depth -= 1;
    }

    fn mapping(&mut self, column: usize) {
        for entry in 0..self.random.usize(1..4) {
            if entry > 0 {
                self.out.push('\n');
                self.indent(column);
            }
            match self.random.u32(..24) {
                0 => self.out.push_str("? "),
                1 => {
                    self.one_of(&[
                        "<<: *a",
                        "<<: {a: 1, b: 2}",
                        "<<: [*a, {key: 1}]",
                        "!!merge <<: *a",
                        "\"<<\": 1",
                        "<<: 1",
                    ]);
                    continue;
                }
                _ => {}
            }
            self.properties(30);
            match self.random.u32(..10) {
                0..4 => self.one_of(&["a", "b", "key", "spec", "d"]),
                4..8 => self.one_of(SCALARS),
                8 => self.one_of(QUOTED),
                _ => self.flow(),
            }
            self.one_of(&[":", ":", ":", ":", ":", ":", ":", ":", " :", "\n:", ""]);
            self.nested(column);
        }
    }

    /// Writes the value after a key.
    fn nested(&mut self, column: usize) {
        if self.depth < 5 && self.random.bool() {
            let step = self.random.usize(..4);
            if self.chance(4) {
                self.out.push(' ');
                self.properties(2);
            }
            self.one_of(&["\n", "\n", "\n", " # c\n", "\n\n", "\n# c\n"]);
            self.indent(column + step);
            if self.random.bool() { self.sequence(column + step) } else { self.mapping(column + step) }
        } else if !self.chance(8) {
            self.one_of(&[" ", " ", " ", " ", "  ", "\t", ""]);
            self.value(column);
        }
    }

    fn sequence(&mut self, column: usize) {
        for item in 0..self.random.usize(1..4) {
            if item > 0 {
                self.out.push('\n');
                self.indent(column);
            }
            self.one_of(&["- ", "- ", "- ", "-", "-\t", "-   "]);
            self.block(column + 2);
        }
    }

    fn properties(&mut self, one_in: u32) {
        if self.chance(one_in) {
            self.one_of(&["&a ", "&b ", "&a ", "&a\n "]);
        }
        if self.chance(one_in) {
            self.one_of(TAGS);
            self.out.push(' ');
        }
    }

    /// Writes a scalar, an alias or a flow collection.
    fn value(&mut self, column: usize) {
        self.properties(8);
        match self.random.u32(..20) {
            0..9 => self.one_of(SCALARS),
            9..12 => self.one_of(QUOTED),
            12 => self.one_of(&["*a", "*b", "*c"]),
            13..15 => self.block_scalar(column),
            15 => {
                self.one_of(SCALARS);
                self.out.push('\n');
                self.indent(column + 1);
                self.one_of(SCALARS);
            }
            16 => self.one_of(&["aGk=", "aGk", "/w==", "a G k=", "\"aG\\nk=\"", "=", "aGk=aGk="]),
            _ => self.flow(),
        }
        if self.chance(12) {
            self.one_of(&[" # c", "# c", " #", "\t# c", " ", "\t"]);
        }
    }

    fn block_scalar(&mut self, column: usize) {
        self.one_of(&["|", ">", "|-", ">-", "|+", ">+", "|2", ">1", "|1-", "|+2", "| # c", "|x", "|0", "|9"]);
        for _ in 0..self.random.usize(..4) {
            self.out.push('\n');
            if !self.chance(4) {
                let step = self.random.usize(..4);
                self.indent(column + step);
                self.one_of(&["a", "b c", "# d", "- e", "\tf", "g: h", "", "---", " i", "\u{2028}", "\u{85}j"]);
            }
        }
    }

    fn flow(&mut self) {
        self.depth += 1;
        let is_map = self.random.bool();
        self.out.push(if is_map { '{' } else { '[' });
        for item in 0..self.random.usize(..4) {
            if item > 0 {
                self.one_of(&[", ", ", ", ",", ",\n ", " ", ", # c\n", ",,"]);
            }
            if self.chance(20) {
                self.out.push_str("? ");
            }
            if is_map || self.chance(6) {
                self.properties(20);
                let keys: &[&str] = if self.chance(3) { SCALARS } else { &["a", "b", "\"c\"", "'d'", "1.0"] };
                self.one_of(keys);
                self.one_of(&[": ", ": ", ": ", ":", " : ", "", ":\n"]);
            }
            self.properties(20);
            match self.random.u32(..6) {
                0 if self.depth < 5 => self.flow(),
                1 => self.one_of(QUOTED),
                2 => {}
                _ => self.one_of(SCALARS),
            }
        }
        self.one_of(if is_map {
            &["}", "}", "}", "}", " }", "\n}", ",}", "]"]
        } else {
            &["]", "]", "]", " ]", ",]", "}"]
        });
        self.depth -= 1;
    }
}
