//! Events about objects, as `kubectl describe` shows them.
//!
//! An [`EventRecorder`] creates events of `events.k8s.io/v1`, as `k8s.io/client-go/tools/events` and controller-runtime do since
//! 0.25; the older `tools/record` creates those of `v1`. Both are the same objects on the API server, but only the newer kind
//! requires who reported what (`reportingController`, `action`) and has series: an event that occurs again is one object with a
//! count.
//!
//! ```
//! use kube_client_runtime::client::Client;
//! use kube_client_runtime::controllers::events::{EventRecorder, EventType, InvalidReporter, Reporter};
//! use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
//!
//! async fn report(client: &Client, map: &ConfigMap) -> Result<(), InvalidReporter> {
//!     let recorder = EventRecorder::new(client, Reporter::new("example.com/my-controller")?);
//!     recorder.event(map, EventType::Warning, "InvalidKey", "Validate", "the key \"size\" is not a number");
//!     recorder.flush().await;
//!     Ok(())
//! }
//! ```
//!
//! What becomes of an event, in this order:
//!
//! | rule | limit | source in client-go |
//! |---|---|---|
//! | texts are cut to the limits of the API server | note 1024 bytes, reason, action and instance 128 | |
//! | similar events, which differ only in the note, are combined | the 10th note within 10 minutes | `tools/record`, `EventAggregator` |
//! | the same event again starts a series; further ones are only counted | | `tools/events`, `recordToSink` |
//! | too many events of an object and type are dropped | 25, and one more every 5 minutes | `tools/record`, `EventSourceObjectSpamFilter` |
//! | the count of a series is written | every 30 minutes, 6 to 12 minutes after the last event, and by `flush` | `tools/events`, `refreshExistingEventSeries`, `finishSeries` |
//! | a failed request is repeated | 12 attempts, 10 seconds apart | both |
//!
//! The key of a series contains the note, other than in `tools/events`, where events with other notes are counted but their
//! notes are lost. It does not contain the resource version of the object. An event that is only counted needs no request, so
//! that it is not limited. The note of a combined event is that of the first one, because an event cannot be changed.

mod aggregate;
mod correlate;
mod lru;
mod metrics;
mod name;
mod new_event;
mod recorder;
mod reporter;
mod series;
mod sink;
mod spam;
mod worker;

pub(super) use name::random_uuid;
pub use new_event::{EventType, NewEvent, object_reference};
pub use recorder::EventRecorder;
pub use reporter::{InvalidReporter, Reporter};
