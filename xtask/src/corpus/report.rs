//! Outcomes and their report.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use camino::{Utf8Path, Utf8PathBuf};
use kube_client_gen::Generated;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::BoxError;
use super::project::Project;

/// Outcome of one project.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) project: String,
    /// Hash of the generated output and the objects.
    pub(super) key: String,
    pub(super) files: usize,
    pub(super) generated: bool,
    /// Lines of the emitted crate.
    pub(super) lines: usize,
    /// Whether the client compiles without warnings.
    pub(super) compiled: bool,
    pub(super) objects: usize,
    pub(super) differences: Vec<Difference>,
    /// Error that ended the check.
    pub(super) problem: Option<String>,
}

/// An object that changed when it was decoded and encoded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Difference {
    /// Version and kind.
    pub(super) crd: String,
    /// Path of the first difference; empty if the object could not be decoded.
    pub(super) path: String,
    pub(super) before: Value,
    /// Value after the round trip, or the error.
    pub(super) after: Value,
}

impl Outcome {
    pub(super) fn of(project: &Project) -> Self {
        Outcome { project: project.name.clone(), files: project.files.len(), ..Outcome::default() }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.compiled && self.differences.is_empty() && self.problem.is_none()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.project)?;
        if let Some(problem) = &self.problem {
            let stage = if self.generated { "does not compile" } else { "does not generate" };
            return write!(out, "{}\n{problem}", if self.compiled { "not finished" } else { stage });
        }
        write!(out, "{} files, {} objects, {} differences", self.files, self.objects, self.differences.len())?;
        self.differences.iter().take(3).try_for_each(|difference| {
            let Difference { crd, path, before, after } = difference;
            write!(out, "\n  {crd} at {path}\n    before: {}\n    after:  {}", short(before), short(after))
        })
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}

/// Returns a table with a line for each project that is not clean, and a total.
pub(super) fn table(outcomes: &[Outcome]) -> String {
    let mut text =
        format!("{:48} {:>6} {:>9} {:>9} {:>9} {:>8}\n", "", "files", "generate", "compile", "objects", "differ");
    let mut line = |name: &str, outcomes: &[&Outcome]| {
        let count =
            |is: fn(&Outcome) -> bool| outcomes.iter().filter(|one| is(one)).map(|one| one.files).sum::<usize>();
        let differ: usize = outcomes.iter().map(|one| one.differences.len()).sum();
        text.push_str(&format!(
            "{name:48} {:6} {:9} {:9} {:9} {differ:8}\n",
            count(|_| true),
            count(|one| one.generated),
            count(|one| one.compiled),
            outcomes.iter().map(|one| one.objects).sum::<usize>(),
        ));
    };
    outcomes.iter().filter(|one| !one.is_clean()).for_each(|one| line(&one.project, &[one]));
    line(&format!("{} projects", outcomes.len()), &outcomes.iter().collect::<Vec<_>>());
    text
}

/// Returns the hash of an output and its objects.
pub(super) fn key(generated: &Generated, instances: Option<&Utf8Path>, objects: u32, types_only: bool) -> String {
    let mut hasher = DefaultHasher::new();
    // Other files, such as README.md, do not affect compilation.
    let is_code = |path: &Utf8Path| path.starts_with("src");
    generated.tree.iter().filter(|(path, _)| is_code(path)).for_each(|file| file.hash(&mut hasher));
    (instances.map(Utf8Path::as_str), objects, types_only).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn file(project: &str) -> Utf8PathBuf {
    Utf8PathBuf::from("target/corpus/outcomes").join(format!("{}.json", project.replace('/', ".")))
}

/// Returns the saved outcome with the same key.
pub(super) fn load(outcome: &Outcome) -> Option<Outcome> {
    let text = std::fs::read_to_string(file(&outcome.project)).ok()?;
    let previous: Outcome = serde_json::from_str(&text).ok()?;
    (previous.key == outcome.key).then_some(previous)
}

pub(super) fn save(outcome: &Outcome) -> Result<(), BoxError> {
    let file = file(&outcome.project);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(file, serde_json::to_string(outcome)?)?)
}
