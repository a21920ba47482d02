//! A subscriber that keeps the attributes of spans.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// The attributes of a span, by name.
pub type Span = BTreeMap<String, String>;

/// The spans of this thread since [`Spans::record`].
#[derive(Clone, Default)]
pub struct Spans(Arc<Mutex<BTreeMap<u64, Span>>>);

impl Spans {
    /// Records spans of this thread until the guard is dropped.
    pub fn record() -> (Self, DefaultGuard) {
        let spans = Spans::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
        (spans, guard)
    }

    /// Returns the spans that have an attribute with this value.
    pub fn with(&self, name: &str, value: &str) -> Vec<Span> {
        let spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.values().filter(|span| span.get(name).is_some_and(|found| found == value)).cloned().collect()
    }

    fn change(&self, id: &Id, record: impl FnOnce(&mut Fields<'_>)) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record(&mut Fields(spans.entry(id.into_u64()).or_default()));
    }
}

impl<S: tracing::Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        self.change(id, |fields| attributes.record(fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.change(id, |fields| values.record(fields));
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
