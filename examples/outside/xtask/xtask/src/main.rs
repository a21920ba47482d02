//! `cargo xtask codegen` writes the client; `cargo xtask verify-codegen` tells whether it is what would be written.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let build = kube_client_gen::Build::new("codegen.toml");
    let differences = match std::env::args().nth(1).as_deref() {
        Some("codegen") => return Ok(drop(build.write()?)),
        Some("verify-codegen") => build.check()?,
        _ => return Err("say codegen or verify-codegen".into()),
    };
    differences.iter().for_each(|difference| print!("{difference}"));
    if differences.is_empty() { Ok(()) } else { Err("run cargo xtask codegen and commit the result".into()) }
}
