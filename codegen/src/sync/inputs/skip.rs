//! Files of folders that are not read.

use camino::Utf8Path;
use kube_structural_schema::{Note, Place, yaml};

pub(super) fn note(path: &Utf8Path, text: impl Into<String>) -> Note {
    Note { place: Place { source: path.to_string(), ..Place::default() }, text: text.into() }
}

const KIND: &[u8] = b"CustomResourceDefinition";
pub(super) const TEMPLATED_CRD: &str = "a template of a Helm chart with a CustomResourceDefinition; skipped";
pub(in crate::sync) const TEMPLATE: &str = "a template of a Helm chart; skipped";

/// Returns the reason to skip a file, if any.
pub(super) fn reason_to_skip(path: &Utf8Path, text: &[u8]) -> Option<String> {
    let mentions_crds = text.windows(KIND.len()).any(|part| part == KIND);
    // The rendered text of a template is unknown.
    if text.windows(2).any(|two| two == b"{{") && is_template(path) {
        return Some(if mentions_crds { TEMPLATED_CRD } else { TEMPLATE }.to_owned());
    }
    if mentions_crds {
        return None;
    }
    let (at, error) = yaml::parse(text).err()?;
    Some(format!("invalid ({at}: {error}) and without a CustomResourceDefinition; skipped"))
}

/// Returns whether a file is a template of a Helm chart. Plain CRDs of a chart are in another folder, `crds`.
fn is_template(file: &Utf8Path) -> bool {
    chart_of(file).is_some()
}

/// Returns the folder of the chart that a template belongs to.
pub(super) fn chart_of(file: &Utf8Path) -> Option<&Utf8Path> {
    let templates = file
        .ancestors()
        .skip(1)
        .find(|folder| folder.file_name() == Some("templates") && folder.with_file_name("Chart.yaml").exists());
    templates.and_then(Utf8Path::parent)
}
