//! The reflector: keeps a cache in sync with the API server.
//!
//! It behaves as client-go's reflector (`tools/cache/reflector.go`, 0.37): it reads all objects by a streaming list, or by a
//! list if the server does not support streaming, and then watches. It differs where client-go relists without need: a failed
//! watch is resumed at the last version, unless the server no longer has that version. If the server may have been replaced by
//! one with an older state (etcd restored from a backup), the reflector verifies the server's version before it resumes,
//! because a watch from a version that does not exist yet returns no events.
//!
//! [`decision`] contains the reaction to every failure; `run`, `list` and `watch` only act on it.

mod backoff;
mod counts;
mod decision;
mod decode;
mod health;
mod list;
mod list_reader;
mod run;
mod selected;
mod source;
mod state;
mod watch;
mod watch_reader;

pub(crate) use self::counts::Counts;
pub(crate) use self::decode::{Decoder, Prepare, Transform};
pub use self::health::{Phase, Problem, ProblemKind, ReflectorHealth};
pub(crate) use self::selected::Selected;
pub(crate) use self::source::Source;
pub(crate) use self::state::{OnError, Progress, Reflector};
