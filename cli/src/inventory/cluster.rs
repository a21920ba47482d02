//! Objects of a cluster.

use futures::future::try_join_all;
use kube_client_runtime::client::{Client, ListOptions};
use kube_client_runtime::dynamic::{MapperError, RestMapper};

use super::Inventory;
use super::object::{Object, Origin};
use crate::cluster;
use crate::error::CliError;
use crate::kinds::{KindName, NEIGHBOURS, OWN};

/// Reads a cluster, more than once.
pub(crate) struct Reader {
    pub(crate) client: Client,
    mapper: RestMapper,
}

impl Reader {
    pub(crate) fn new(client: Client) -> Self {
        Reader { mapper: RestMapper::new(client.clone()), client }
    }

    /// Reads the objects of all kinds that the program knows.
    ///
    /// All namespaces are read, because references cross namespaces. Kinds that the cluster does not serve have no objects.
    /// Kinds that the user may not list are not complete, so that references to them are not reported as missing.
    pub(crate) async fn read(&self) -> Result<Inventory, CliError> {
        self.mapper.refresh().await?;
        let lists = OWN.iter().chain(&NEIGHBOURS).map(|kind| list(&self.client, &self.mapper, *kind));
        let mut inventory = Inventory::default();
        for (kind, listing) in try_join_all(lists).await? {
            match listing {
                Listing::Objects(objects) => inventory.add_all(kind.group, kind.kind, objects),
                Listing::NotServed => inventory.add_not_served(kind.group, kind.kind),
                Listing::Unknown => inventory.add_unlisted(kind.group, kind.kind),
            }
        }
        Ok(inventory)
    }
}

/// The objects of a kind.
enum Listing {
    Objects(Vec<Object>),
    NotServed,
    /// The user may not list them, or discovery of the group failed.
    Unknown,
}

async fn list(client: &Client, mapper: &RestMapper, kind: KindName) -> Result<(KindName, Listing), CliError> {
    let resource = match mapper.resolve(&kind.qualified()).await {
        Ok(resource) => resource,
        Err(MapperError::NotFound { failures, .. }) if failures.is_empty() => return Ok((kind, Listing::NotServed)),
        Err(MapperError::NotFound { .. }) => return Ok((kind, Listing::Unknown)),
        Err(error) => return Err(error.into()),
    };
    match cluster::list(client, &resource, None, &ListOptions::default()).await {
        Ok(objects) => {
            let objects = objects.into_iter().map(|body| Object::new(Origin::Cluster, body, ""));
            Ok((kind, Listing::Objects(objects.collect())))
        }
        Err(CliError::Request(error)) if error.is_forbidden() => Ok((kind, Listing::Unknown)),
        Err(error) => Err(error),
    }
}
