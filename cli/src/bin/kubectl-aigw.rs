//! The program `aigwctl` as a plugin of kubectl: `kubectl aigw`.

fn main() -> std::process::ExitCode {
    aigwctl::main("kubectl aigw")
}
