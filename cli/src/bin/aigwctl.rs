//! The program `aigwctl`.

fn main() -> std::process::ExitCode {
    aigwctl::main("aigwctl")
}
