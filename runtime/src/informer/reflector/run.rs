//! The main loop of a reflector.

use kube::Resource;
use serde::de::DeserializeOwned;

use super::health::Phase;
use super::selected::Next;
use super::state::Reflector;

impl<K> Reflector<K>
where
    K: Resource + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Lists and watches forever.
    pub(crate) async fn run(mut self) {
        let Some(mut selections) = self.selected.selections.take() else {
            return self.list_and_watch(Next::List).await;
        };
        loop {
            let selection = selections.borrow_and_update().clone();
            let next = self.select(selection);
            let changed = async {
                // Without a sender, the last selection remains.
                if selections.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                biased;
                () = changed => {}
                () = self.list_and_watch(next) => {}
            }
        }
    }

    async fn list_and_watch(&mut self, next: Next) {
        match next {
            Next::Wait => std::future::pending().await,
            Next::Watch => self.watch_until_relist(None).await,
            Next::List => {}
        }
        loop {
            self.set_phase(Phase::Listing);
            match self.list_all().await {
                Ok(watch) => self.watch_until_relist(watch).await,
                Err(failure) => self.back_off(failure).await,
            }
        }
    }
}
