//! A subscriber of the whole program that keeps the attributes of spans.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

const NAMESPACE: &str = "k8s.namespace.name";

/// The attributes of a span, by name.
pub type Span = BTreeMap<String, String>;

/// Spans are recorded for the whole program, because a subscriber of one thread misses spans that another thread uses first.
static RECORDER: LazyLock<Recorder> = LazyLock::new(|| {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    tracing::subscriber::set_global_default(subscriber).expect("no other subscriber");
    recorder
});

/// Records the spans of calls in a namespace from now on.
///
/// # Panics
/// If the program has another subscriber.
pub fn record(namespace: &str) {
    RECORDER.state().namespaces.insert(namespace.to_owned());
}

/// Returns the spans of calls in a namespace that is recorded, in the order in which they ended.
pub fn of(namespace: &str) -> Vec<Span> {
    let state = RECORDER.state();
    state.ended.iter().filter(|span| span[NAMESPACE] == namespace).cloned().collect()
}

#[derive(Default)]
struct State {
    namespaces: BTreeSet<String>,
    open: BTreeMap<u64, Span>,
    ended: Vec<Span>,
}

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<State>>);

impl Recorder {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: tracing::Subscriber> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        attributes.record(&mut Fields(self.state().open.entry(id.into_u64()).or_default()));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut Fields(self.state().open.entry(id.into_u64()).or_default()));
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let mut state = self.state();
        let span = state.open.remove(&id.into_u64()).unwrap_or_default();
        if span.get(NAMESPACE).is_some_and(|namespace| state.namespaces.contains(namespace)) {
            state.ended.push(span);
        }
    }
}

struct Fields<'s>(&'s mut Span);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}
