//! Signals that ask the process to end.

use super::error::ManagerError;

/// The signals SIGTERM and SIGINT; on other systems than Unix, Ctrl-C.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn new() -> Result<Self, ManagerError> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = signal(SignalKind::terminate()).map_err(ManagerError::Signals)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(ManagerError::Signals)?;
        Ok(Signals { terminate, interrupt })
    }

    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps)]
    pub(super) fn new() -> Result<Self, ManagerError> {
        Ok(Signals {})
    }

    /// Waits for the next signal and returns its name.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler, the system ends the process.
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}
