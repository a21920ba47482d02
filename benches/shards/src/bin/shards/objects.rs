//! The objects, and their changes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube_client_runtime::client::{Client, DeleteOptions, Error, ListOptions, Namespaced, Patch, PatchOptions};
use serde_json::json;
use shard_benches::check::Change;
use shard_benches::{BoxError, clock};
use tokio::task::JoinSet;

/// The number of objects that are written at the same time.
const WRITERS: u32 = 16;

/// The objects in a namespace.
pub(crate) struct Objects {
    maps: Namespaced<ConfigMap>,
    client: Client,
    pub(crate) namespace: String,
    written: Mutex<Written>,
    failures: AtomicU64,
    stopped: AtomicBool,
}

/// What was written.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) changes: Vec<Change>,
    pub(crate) deleted: BTreeSet<String>,
    /// The number of objects that exist.
    pub(crate) existing: usize,
}

impl Objects {
    /// Creates objects in a new namespace. Their uids differ in each run.
    pub(crate) async fn create(client: &Client, namespace: &str, count: usize) -> Result<Arc<Self>, BoxError> {
        let mut of = Namespace::default();
        of.metadata.name = Some(namespace.to_owned());
        match client.cluster::<Namespace>().create(&of).await {
            Err(error) if !error.is_already_exists() => return Err(error.into()),
            _ => {}
        }
        let objects = Arc::new(Objects {
            maps: client.namespaced(namespace),
            client: client.clone(),
            namespace: namespace.to_owned(),
            written: Mutex::default(),
            failures: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        });
        let (mut tasks, writers) = (JoinSet::new(), WRITERS as usize);
        for writer in 0..writers {
            let objects = Arc::clone(&objects);
            tasks.spawn(async move {
                for number in (writer..count).step_by(writers) {
                    objects.create_one(number).await?;
                }
                Ok::<(), Error>(())
            });
        }
        while let Some(result) = tasks.join_next().await {
            result??;
        }
        Ok(objects)
    }

    pub(crate) fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many writes have failed.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    async fn create_one(&self, number: usize) -> Result<(), Error> {
        let mut map = ConfigMap::default();
        map.metadata.name = Some(name(number));
        let text = format!("{number:>400}");
        map.data = Some([("count".to_owned(), "0".to_owned()), ("text".to_owned(), text)].into());
        let at = clock::now();
        let created = self.maps.create(&map).await?;
        self.written().existing += 1;
        self.record(at, &created);
        Ok(())
    }

    fn record(&self, at: u64, map: &ConfigMap) {
        let uid = map.metadata.uid.clone().unwrap_or_default();
        let version = map.metadata.resource_version.as_deref().and_then(|version| version.parse().ok());
        self.written().changes.push(Change { at, uid, version: version.unwrap_or_default() });
    }

    /// Changes objects at a rate until [`stop`](Self::stop) is called. One of `deletes` changes deletes an object, and creates
    /// it again; 0 deletes none.
    pub(crate) fn change(self: &Arc<Self>, count: usize, rate: u32, deletes: u32, seed: u64) -> JoinSet<()> {
        self.stopped.store(false, Ordering::Relaxed);
        let (mut tasks, writers) = (JoinSet::new(), WRITERS as usize);
        let period = Duration::from_secs(1).mul_f64(f64::from(WRITERS) / f64::from(rate.max(1)));
        for writer in 0..writers.min(count) {
            let objects = Arc::clone(self);
            let mut rng = fastrand::Rng::with_seed(seed.wrapping_add(writer as u64 * 1000));
            tasks.spawn(async move {
                let mut ticks = tokio::time::interval(period);
                let mut writes = 0_u64;
                while !objects.stopped.load(Ordering::Relaxed) {
                    ticks.tick().await;
                    let number = rng.usize(..count.div_ceil(writers)) * writers + writer;
                    if number >= count {
                        continue;
                    }
                    writes += 1;
                    let replace = deletes > 0 && rng.u32(..deletes) == 0;
                    let result =
                        if replace { objects.replace(number).await } else { objects.touch(number, writes).await };
                    if result.is_err() {
                        objects.failures.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        tasks
    }

    /// Ends the changes.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    async fn touch(&self, number: usize, writes: u64) -> Result<(), Error> {
        let at = clock::now();
        let patch = Patch::Merge(json!({"data": {"count": format!("{at}-{writes}")}}));
        match self.maps.patch(&name(number), &patch, &PatchOptions::default()).await {
            Ok(map) => {
                self.record(at, &map);
                Ok(())
            }
            // It was deleted, and could not be created again.
            Err(error) if error.is_not_found() => self.create_one(number).await,
            Err(error) => Err(error),
        }
    }

    async fn replace(&self, number: usize) -> Result<(), Error> {
        let name = name(number);
        if let Some(map) = self.maps.get_opt(&name).await? {
            self.written().deleted.insert(map.metadata.uid.unwrap_or_default());
            self.maps.delete(&name).await?;
            self.written().existing -= 1;
        }
        self.create_one(number).await
    }

    /// Deletes all objects and Leases of the namespace.
    pub(crate) async fn delete_all(&self) -> Result<(), Error> {
        let (all, options) = (ListOptions::default(), DeleteOptions::default());
        self.maps.delete_collection(&all, &options).await?;
        self.client.namespaced::<Lease>(&self.namespace).delete_collection(&all, &options).await?;
        Ok(())
    }
}

fn name(number: usize) -> String {
    format!("map-{number}")
}
