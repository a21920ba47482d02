//! Objects of a cluster.

use futures::TryStreamExt;
use futures::future::try_join_all;
use kube_client_runtime::client::{Client, ListOptions};
use kube_client_runtime::dynamic::{MapperError, RestMapper};

use super::Inventory;
use super::object::{Object, Origin};
use crate::args::Globals;
use crate::cluster::json;
use crate::error::CliError;
use crate::kinds::{KindName, NEIGHBOURS, OWN};

/// Reads the objects of all kinds that the program knows.
///
/// All namespaces are read, because references cross namespaces. Kinds that the cluster does not serve have no objects.
/// Kinds that the user may not list are not complete, so that references to them are not reported as missing.
pub(super) async fn load(globals: &Globals) -> Result<Inventory, CliError> {
    let client = globals.client().await?;
    let mapper = RestMapper::new(client.clone());
    mapper.refresh().await?;
    let lists = OWN.iter().chain(&NEIGHBOURS).map(|kind| list(&client, &mapper, *kind));
    let mut inventory = Inventory::default();
    for (kind, objects) in try_join_all(lists).await? {
        if let Some(objects) = objects {
            inventory.add_all(kind.group, kind.kind, objects);
        }
    }
    Ok(inventory)
}

async fn list(
    client: &Client,
    mapper: &RestMapper,
    kind: KindName,
) -> Result<(KindName, Option<Vec<Object>>), CliError> {
    let resource = match mapper.resolve(&kind.qualified()).await {
        Ok(resource) => resource,
        Err(MapperError::NotFound { failures, .. }) => {
            return Ok((kind, failures.is_empty().then(Vec::new)));
        }
        Err(error) => return Err(error.into()),
    };
    let objects = resource.all_namespaces(client).items(&ListOptions::default()).try_collect::<Vec<_>>().await;
    match objects {
        Ok(objects) => {
            let objects =
                objects.into_iter().map(|found| Ok(Object::new(Origin::Cluster, json(&resource, found)?, "")));
            let objects = objects.collect::<Result<_, CliError>>()?;
            Ok((kind, Some(objects)))
        }
        Err(error) if error.is_forbidden() => Ok((kind, None)),
        Err(error) => Err(error.into()),
    }
}
