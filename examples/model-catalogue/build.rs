//! Generates the client of `crds/`.

fn main() -> Result<(), kube_client_gen::BuildError> {
    kube_client_gen::Build::new("codegen.toml").in_build_script()?;
    Ok(())
}
