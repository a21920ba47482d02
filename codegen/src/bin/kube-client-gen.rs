//! The program. Its code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    kube_client_gen::cli::main()
}
