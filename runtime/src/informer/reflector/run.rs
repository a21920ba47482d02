//! The main loop of a reflector.

use kube::Resource;
use serde::de::DeserializeOwned;

use super::health::Phase;
use super::state::Reflector;

impl<K> Reflector<K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Lists and watches forever.
    pub(crate) async fn run(mut self) {
        loop {
            self.set_phase(Phase::Listing);
            match self.list_all().await {
                Ok(watch) => self.watch_until_relist(watch).await,
                Err(failure) => self.back_off(failure).await,
            }
        }
    }
}
