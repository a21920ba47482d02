//! The lock of a configuration.

use super::{code, err, folder, out, run};

#[test]
fn configurations_in_one_folder_have_their_own_lock() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    // The second crate lacks a type that the first one has.
    let other = super::WIDGET.replace("parts: {type: array", "sizes: {type: array");
    std::fs::write(path("other.yaml"), other).unwrap();
    std::fs::write(path("one.toml"), "crds = [\"widgets.yaml\"]\nout = \"one\"\n").unwrap();
    std::fs::write(path("two.toml"), "crds = [\"other.yaml\"]\nout = \"two\"\n").unwrap();
    for config in ["one.toml", "two.toml"] {
        let output = run(folder.path(), &["generate", "--config", config]);
        assert_eq!(code(&output), 0, "{}", err(&output));
    }
    for config in ["one.toml", "two.toml"] {
        let checked = run(folder.path(), &["generate", "--config", config, "--check"]);
        assert_eq!(code(&checked), 0, "{config}: {}", out(&checked));
    }
    let lock = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    assert!(lock("one.lock").contains("Widget.spec.parts[]") && !lock("one.lock").contains("sizes"));
    assert!(lock("two.lock").contains("Widget.spec.sizes[]") && !lock("two.lock").contains("parts"));
    assert!(!path("codegen.lock").exists());
}

#[test]
fn configuration_in_the_emitted_crate_is_not_a_difference() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("client")).unwrap();
    for config in ["codegen.toml", "widgets.toml"] {
        let client = folder.path().join("client");
        std::fs::write(client.join(config), "crds = [\"../widgets.yaml\"]\nout = \".\"\n").unwrap();
        let output = run(&client, &["generate", "--config", config]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let checked = run(&client, &["generate", "--config", config, "--check"]);
        assert_eq!(code(&checked), 0, "{config}: {}", out(&checked));
        std::fs::remove_file(client.join(config)).unwrap();
        std::fs::remove_file(client.join(config).with_extension("lock")).unwrap();
    }
}
