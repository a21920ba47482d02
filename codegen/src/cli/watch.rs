//! `kube-client-gen generate --watch`

use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;

use super::inputs::Inputs;
use super::outcome::CliError;

/// Files are polled, because network file systems and mounts of containers do not report changes.
const PERIOD: Duration = Duration::from_millis(300);

/// The files of the inputs, with times and sizes.
type State = Vec<(Utf8PathBuf, Option<(SystemTime, u64)>)>;

/// Runs `generate` now and after each change of a file, until the process is stopped.
pub(super) fn run(inputs: &Inputs, mut generate: impl FnMut() -> Result<(), CliError>) -> Result<(), CliError> {
    if !inputs.cluster.is_empty() || inputs.crds.iter().any(|path| path == "-") {
        return Err("--watch needs files: pass files or folders instead of `-` and --cluster".into());
    }
    loop {
        // Changes during the generation are in the next state.
        let state = state(inputs);
        if let Err(reason) = generate() {
            eprintln!("{reason}");
        }
        while self::state(inputs) == state {
            std::thread::sleep(PERIOD);
        }
    }
}

fn state(inputs: &Inputs) -> State {
    let file = |path: Utf8PathBuf| {
        let metadata = path.metadata().ok();
        let state = metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
        (path, state)
    };
    inputs.files().into_iter().map(file).collect()
}
