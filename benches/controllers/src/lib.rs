//! Shared by the measured programs: what they note about reconciliations, and the measurements.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aigateway_client::aigateway::v1beta1::AIGatewayRoute;
use informer_benches::{BoxError, Measurements, argument, cpu, memory, number, percentiles};
use tokio::sync::watch;

/// The number of waits that are measured without a controller.
const WAITS: u32 = 200;

/// What a program notes about the reconciliations of its controller.
#[derive(Debug)]
pub struct Recorder {
    objects: u64,
    work: Duration,
    start: Instant,
    calls: AtomicU64,
    done: AtomicU64,
    begun: watch::Sender<Option<Moment>>,
    synced: watch::Sender<Option<Moment>>,
    changed: watch::Sender<Option<Moment>>,
    latencies: Mutex<Vec<f64>>,
}

/// A moment and the CPU time until then.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Instant,
    cpu: Duration,
}

impl Moment {
    fn now() -> Self {
        Moment { at: Instant::now(), cpu: cpu().unwrap_or_default() }
    }
}

impl Default for Recorder {
    /// Creates a recorder for `--objects`, whose reconciliations wait `--work-ms`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn default() -> Self {
        Recorder {
            objects: number("objects", 1000.0) as u64,
            work: Duration::from_secs_f64(number("work-ms", 0.0) / 1e3),
            start: Instant::now(),
            calls: AtomicU64::new(0),
            done: AtomicU64::new(0),
            begun: watch::Sender::new(None),
            synced: watch::Sender::new(None),
            changed: watch::Sender::new(None),
            latencies: Mutex::default(),
        }
    }
}

impl Recorder {
    /// Reconciles: notes the time since the server sent the object, and waits.
    pub async fn reconcile(&self, route: &AIGatewayRoute) {
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
            self.begun.send_replace(Some(Moment::now()));
        }
        if !self.work.is_zero() {
            tokio::time::sleep(self.work).await;
        }
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if done == self.objects {
            self.synced.send_replace(Some(Moment::now()));
        }
        // Changes from before may have waited for the first list.
        let (sent, synced) = (sent(route), *self.synced.borrow());
        if let (Some(sent), Some(synced)) = (sent, synced)
            && began.saturating_sub(sent) < synced.at.elapsed()
        {
            self.note(began.saturating_sub(sent));
        }
    }

    fn note(&self, latency: Duration) {
        let mut latencies = self.latencies();
        if latencies.is_empty() {
            self.changed.send_replace(Some(Moment::now()));
        }
        latencies.push(latency.as_secs_f64() * 1e6);
    }

    fn latencies(&self) -> MutexGuard<'_, Vec<f64>> {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Measures what `--mode` names.
    ///
    /// # Errors
    /// If the system does not provide a measurement.
    pub async fn measure(&self) -> Result<Measurements, BoxError> {
        match argument("mode").as_deref() {
            Some("throughput") => self.throughput().await,
            _ => self.changes().await,
        }
    }

    /// Measures the initial reconciliations, and then changes.
    #[allow(clippy::cast_precision_loss)]
    async fn changes(&self) -> Result<Measurements, BoxError> {
        let mut measurements = Measurements::new();
        let synced = reached(&self.synced).await?;
        measurements.insert("sync_ms", synced.at.duration_since(self.start).as_secs_f64() * 1e3);
        measurements.insert("sync_cpu_ms", synced.cpu.as_secs_f64() * 1e3);
        let before = reached(&self.changed).await?;
        tokio::time::sleep(seconds()).await;
        let spent = cpu()?.saturating_sub(before.cpu);
        measurements.insert("steady_mb", memory("VmRSS")?);
        measurements.insert("peak_mb", memory("VmHWM")?);
        let latencies = std::mem::take(&mut *self.latencies());
        measurements.insert("changes", latencies.len() as f64);
        measurements.insert("change_cpu_us", spent.as_secs_f64() * 1e6 / latencies.len() as f64);
        percentiles(&mut measurements, latencies);
        Ok(measurements)
    }

    /// Measures how fast the initial objects, which are all queued, are reconciled.
    #[allow(clippy::cast_precision_loss)]
    async fn throughput(&self) -> Result<Measurements, BoxError> {
        let before = reached(&self.begun).await?;
        let after = match tokio::time::timeout(seconds(), reached(&self.synced)).await {
            Ok(synced) => synced?,
            Err(_) => Moment::now(),
        };
        let done = self.done.load(Ordering::Relaxed).min(self.objects) as f64;
        let mut measurements = Measurements::new();
        measurements.insert("per_second", done / after.at.duration_since(before.at).as_secs_f64());
        measurements.insert("cpu_us", after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / done);
        measurements.insert("wait_us", self.wait().await.as_secs_f64() * 1e6);
        Ok(measurements)
    }

    /// Returns how long the wait of a reconciliation takes without a controller.
    async fn wait(&self) -> Duration {
        let start = Instant::now();
        for _ in 0..WAITS {
            tokio::time::sleep(self.work).await;
        }
        start.elapsed() / WAITS
    }
}

async fn reached(moment: &watch::Sender<Option<Moment>>) -> Result<Moment, BoxError> {
    let mut moment = moment.subscribe();
    Ok(moment.wait_for(Option::is_some).await?.ok_or("no moment")?)
}

fn seconds() -> Duration {
    Duration::from_secs_f64(number("seconds", 3.0))
}

/// Returns when the server sent an object, unless it is one of the list.
fn sent(route: &AIGatewayRoute) -> Option<Duration> {
    let nanoseconds: u64 = route.metadata.annotations.as_ref()?.get("sent")?.parse().ok()?;
    (nanoseconds != 0).then(|| Duration::from_nanos(nanoseconds))
}

/// Returns the number of `--workers`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn workers() -> u16 {
    number("workers", 1.0) as u16
}
