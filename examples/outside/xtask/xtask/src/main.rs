//! `cargo xtask codegen` writes the client; `cargo xtask verify-codegen` checks that it is up to date.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let build = kube_client_gen::Build::new("codegen.toml");
    match std::env::args().nth(1).as_deref() {
        Some("codegen") => println!("{} files written or removed", build.write()?.len()),
        Some("verify-codegen") => {
            let report = build.check()?;
            println!("{report}");
            if !report.is_up_to_date() {
                std::process::exit(1);
            }
        }
        _ => return Err("usage: cargo xtask codegen | verify-codegen".into()),
    }
    Ok(())
}
