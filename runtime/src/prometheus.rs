//! Metrics in Prometheus' text format 0.0.4.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Display;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// The text of metrics.
///
/// ```ignore
/// let mut text = Text::default();
/// let mut depth = text.metric("workqueue_depth", Kind::Gauge, "Length of the queue.");
/// for queue in queues {
///     depth.sample(&[("name", &queue.name)], queue.len());
/// }
/// text.into_string()
/// ```
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    /// Starts a metric; its samples follow. Each name may be started once, and `help` must be one line.
    pub(crate) fn metric(&mut self, name: &'static str, kind: Kind, help: &str) -> Metric<'_> {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {}", kind.as_str());
        Metric { text: &mut self.0, name }
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// A metric that is written: one sample for each set of labels.
pub(crate) struct Metric<'t> {
    text: &'t mut String,
    name: &'static str,
}

impl Metric<'_> {
    /// Writes the value of a counter or a gauge.
    pub(crate) fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.line("", labels, None, value);
    }

    /// Writes the buckets, the sum and the count of a histogram.
    pub(crate) fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) {
        let mut count = 0;
        for (bucket, bound) in histogram.buckets.iter().zip(histogram.bounds) {
            count += bucket.load(Ordering::Relaxed);
            self.line("_bucket", labels, Some(&number(*bound)), count);
        }
        // The count is the sum of the buckets, so that both agree while other threads observe values.
        count += histogram.buckets.last().map_or(0, |above| above.load(Ordering::Relaxed));
        self.line("_bucket", labels, Some("+Inf"), count);
        self.line("_sum", labels, None, number(histogram.sum()));
        self.line("_count", labels, None, count);
    }

    fn line(&mut self, suffix: &str, labels: &[(&str, &str)], bound: Option<&str>, value: impl Display) {
        let _ = write!(self.text, "{}{suffix}", self.name);
        let labels = labels.iter().copied().chain(bound.map(|bound| ("le", bound)));
        let mut separator = '{';
        for (label, value) in labels {
            let _ = write!(self.text, "{separator}{label}=\"{}\"", escaped(value));
            separator = ',';
        }
        let end = if separator == ',' { "}" } else { "" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}

/// A histogram. Observing a value neither blocks nor allocates.
#[derive(Debug)]
pub(crate) struct Histogram {
    bounds: &'static [f64],
    /// The number of values in each bucket; the last one is above all bounds.
    buckets: Box<[AtomicU64]>,
    /// The bits of the sum.
    sum: AtomicU64,
}

impl Histogram {
    /// Creates a histogram with these upper bounds, in ascending order.
    pub(crate) fn new(bounds: &'static [f64]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Histogram { bounds, buckets, sum: AtomicU64::new(0_f64.to_bits()) }
    }

    pub(crate) fn observe(&self, value: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let add = |sum: u64| Some((f64::from_bits(sum) + value).to_bits());
        let _ = self.sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Returns the number of observed values.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// Returns the sum of the observed values.
    pub(crate) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Ordering::Relaxed))
    }
}

impl Clone for Histogram {
    fn clone(&self) -> Self {
        let copied = |value: &AtomicU64| AtomicU64::new(value.load(Ordering::Relaxed));
        Histogram { bounds: self.bounds, buckets: self.buckets.iter().map(copied).collect(), sum: copied(&self.sum) }
    }
}

/// Writes a number as Prometheus' Go client does. The bounds of buckets are values of labels, so `1e-08` and `0.00000001`
/// would be different series.
fn number(value: f64) -> String {
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    match exponent.parse::<i32>() {
        Ok(exponent @ (..-4 | 6..)) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

/// Escapes backslashes, quotes and newlines in a label's value.
fn escaped(value: &str) -> std::borrow::Cow<'_, str> {
    if value.contains(['\\', '"', '\n']) {
        value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").into()
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histogram_counts_a_value_in_the_buckets_of_all_bounds_not_below_it() {
        let histogram = Histogram::new(&[1e-8, 0.25, 1.0]);
        for value in [0.25, 0.5, 4.0] {
            histogram.observe(value);
        }
        let mut text = Text::default();
        text.metric("wait_seconds", Kind::Histogram, "Waits.").histogram(&[("name", "a")], &histogram);
        let expected = "\
            # HELP wait_seconds Waits.\n\
            # TYPE wait_seconds histogram\n\
            wait_seconds_bucket{name=\"a\",le=\"1e-08\"} 0\n\
            wait_seconds_bucket{name=\"a\",le=\"0.25\"} 1\n\
            wait_seconds_bucket{name=\"a\",le=\"1\"} 2\n\
            wait_seconds_bucket{name=\"a\",le=\"+Inf\"} 3\n\
            wait_seconds_sum{name=\"a\"} 4.75\n\
            wait_seconds_count{name=\"a\"} 3\n";
        assert_eq!(text.into_string(), expected);
        assert_eq!(histogram.clone().count(), 3);
    }

    #[test]
    fn label_values_are_escaped_and_a_sample_may_have_no_labels() {
        let mut text = Text::default();
        let mut metric = text.metric("up", Kind::Gauge, "Whether it is up.");
        metric.sample(&[], 1);
        metric.sample(&[("path", "C:\\a\"b\nc"), ("other", "")], 0);
        let text = text.into_string();
        assert!(text.ends_with("up 1\nup{path=\"C:\\\\a\\\"b\\nc\",other=\"\"} 0\n"), "{text}");
    }

    #[test]
    fn numbers_are_written_as_prometheus_client_for_go_writes_them() {
        let numbers = [1e-8, 9.999_999_999_999_999e-5, 0.0001, 0.005, 1.0, 60.0, 0.0, 1_500_000.0, -2.5e-7];
        let written = numbers.map(number);
        let expected = ["1e-08", "9.999999999999999e-05", "0.0001", "0.005", "1", "60", "0", "1.5e+06", "-2.5e-07"];
        assert_eq!(written, expected);
    }
}
