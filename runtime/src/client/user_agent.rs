//! The default user agent and field manager.

use std::sync::LazyLock;

use http::HeaderValue;
use http::header::USER_AGENT;

/// The maximum length of a field manager.
const MAX_LENGTH: usize = 128;

/// The default field manager: the file name of the current executable.
static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let path = std::env::current_exe().unwrap_or_default();
    manager(&path.file_name().unwrap_or_default().to_string_lossy())
});

/// Returns the default field manager: the part of the user agent that the API server would use.
pub(super) fn program() -> &'static str {
    &PROGRAM
}

/// Sets the user agent `<program>/<version of this crate>`, unless the config has one.
pub(super) fn set_default(config: &mut kube::Config) {
    if config.headers.iter().any(|(name, _)| name == USER_AGENT) {
        return;
    }
    let agent = format!("{}/{}", program(), env!("CARGO_PKG_VERSION"));
    config.headers.extend(HeaderValue::from_str(&agent).ok().map(|agent| (USER_AGENT, agent)));
}

/// Returns a valid field manager for an executable of this file name.
fn manager(file: &str) -> String {
    // Linux appends this to the path of a running executable whose file was replaced.
    let file = file.strip_suffix(" (deleted)").unwrap_or(file);
    let file = file.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(file);
    let name: String = file.chars().filter(|c| c.is_ascii_graphic() && *c != '/').take(MAX_LENGTH).collect();
    if name.is_empty() { env!("CARGO_PKG_NAME").to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_manager_of_any_file_name_is_valid() {
        assert_eq!(manager("my-controller"), "my-controller");
        assert_eq!(manager("my-controller (deleted)"), "my-controller");
        assert_eq!(manager("mein contrôler"), "meincontrler");
        assert_eq!(manager("ключ"), env!("CARGO_PKG_NAME"));
        assert_eq!(manager(&"x".repeat(200)).len(), MAX_LENGTH);
    }

    #[test]
    fn user_agent_of_the_config_is_kept() {
        let mut config = kube::Config::new(http::Uri::from_static("http://localhost"));
        set_default(&mut config);
        let expected = format!("{}/{}", program(), env!("CARGO_PKG_VERSION"));
        assert_eq!(config.headers, [(USER_AGENT, HeaderValue::from_str(&expected).unwrap())]);

        let own = (USER_AGENT, HeaderValue::from_static("own/1"));
        config.headers = vec![own.clone()];
        set_default(&mut config);
        assert_eq!(config.headers, [own]);
    }
}
