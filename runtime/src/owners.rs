//! Owner references.
//!
//! ```
//! use kube_client_runtime::k8s_openapi::api::core::v1::{ConfigMap, Secret};
//! use kube_client_runtime::owners::{is_controlled_by, set_controller_reference};
//!
//! let mut owner = ConfigMap::default();
//! owner.metadata.name = Some("settings".to_owned());
//! owner.metadata.namespace = Some("default".to_owned());
//! owner.metadata.uid = Some("5a0f".to_owned());
//! let mut secret = Secret::default();
//! secret.metadata.namespace = Some("default".to_owned());
//!
//! set_controller_reference(&owner, &(), &mut secret)?;
//! assert!(is_controlled_by(&secret, &owner));
//!
//! owner.metadata.namespace = Some("other".to_owned());
//! assert!(set_controller_reference(&owner, &(), &mut secret).is_err());
//! # Ok::<(), kube_client_runtime::owners::OwnerError>(())
//! ```
//!
//! Source: `sigs.k8s.io/controller-runtime/pkg/controller/controllerutil`

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Resource;

/// An owner reference that the API server or the garbage collector would not accept.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OwnerError {
    /// The owner is in another namespace than the object: the garbage collector would delete the object.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/architecture/garbage-collection/#owners-dependents>
    #[error(
        "the owner {kind} {namespace}/{name} is in another namespace than the object, which is in {object:?}; an owner must be in the same namespace or cluster-scoped"
    )]
    OtherNamespace {
        /// The kind of the owner.
        kind: String,
        /// The namespace of the owner.
        namespace: String,
        /// The name of the owner.
        name: String,
        /// The namespace of the object; empty if it has none.
        object: String,
    },
    /// Another owner is the controller of the object.
    #[error("the object is already controlled by {} {}; remove that reference first", .0.kind, .0.name)]
    AlreadyOwned(Box<OwnerReference>),
    /// The owner has no name or no uid: only objects that were read from the API server have one.
    #[error("the owner {kind} {name:?} has no name or no uid; pass the object that the API server returned")]
    NotCreated {
        /// The kind of the owner.
        kind: String,
        /// The name of the owner; may be empty.
        name: String,
    },
}

/// Makes `owner` the controller of the object: the object is deleted after it, and a foreground deletion of the owner waits
/// for the object. A reference to the same owner is replaced. `kind` is `&()` for types whose kind is known at compile time.
///
/// # Errors
/// Returns an error if the owner is in another namespace or was not created, or if the object has another controller.
pub fn set_controller_reference<O: Resource, K: Resource>(
    owner: &O,
    kind: &O::DynamicType,
    object: &mut K,
) -> Result<(), OwnerError> {
    let reference =
        OwnerReference { block_owner_deletion: Some(true), controller: Some(true), ..reference(owner, kind, object)? };
    if let Some(other) = controller_of(object).filter(|other| !is_same(other, &reference)) {
        return Err(OwnerError::AlreadyOwned(Box::new(other.clone())));
    }
    upsert(object, reference);
    Ok(())
}

/// Adds `owner` to the owners of the object: the object is deleted after its last owner. A reference to the same owner is
/// replaced.
///
/// # Errors
/// Returns an error if the owner is in another namespace or was not created.
pub fn set_owner_reference<O: Resource, K: Resource>(
    owner: &O,
    kind: &O::DynamicType,
    object: &mut K,
) -> Result<(), OwnerError> {
    let reference = reference(owner, kind, object)?;
    upsert(object, reference);
    Ok(())
}

/// Removes `owner` from the owners of the object, and returns whether it was one.
pub fn remove_owner_reference<O: Resource, K: Resource>(owner: &O, kind: &O::DynamicType, object: &mut K) -> bool {
    let unwanted = unchecked(owner, kind);
    let Some(owners) = object.meta_mut().owner_references.as_mut() else { return false };
    let before = owners.len();
    owners.retain(|other| !is_same(other, &unwanted));
    let removed = owners.len() != before;
    if owners.is_empty() {
        object.meta_mut().owner_references = None;
    }
    removed
}

/// Returns whether `owner` is one of the owners of the object: of the same group, kind and name.
pub fn has_owner_reference<O: Resource, K: Resource>(owner: &O, kind: &O::DynamicType, object: &K) -> bool {
    let wanted = unchecked(owner, kind);
    owners(object).iter().any(|other| is_same(other, &wanted))
}

/// Returns the reference to the controller of the object.
pub fn controller_of<K: Resource>(object: &K) -> Option<&OwnerReference> {
    owners(object).iter().find(|owner| owner.controller == Some(true))
}

/// Returns the name of the object's controller if its kind is `O`, in any version.
#[cfg(feature = "controllers")]
pub(crate) fn controller_of_kind<'k, O: Resource, K: Resource>(
    object: &'k K,
    kind: &O::DynamicType,
) -> Option<&'k str> {
    let owner = controller_of(object)?;
    let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
    (owner.kind == O::kind(kind) && group == O::group(kind)).then_some(&*owner.name)
}

/// Returns whether `owner` is the controller of the object, by its uid.
pub fn is_controlled_by<O: Resource, K: Resource>(object: &K, owner: &O) -> bool {
    controller_of(object).is_some_and(|controller| owner.meta().uid.as_deref() == Some(controller.uid.as_str()))
}

fn owners<K: Resource>(object: &K) -> &[OwnerReference] {
    object.meta().owner_references.as_deref().unwrap_or_default()
}

fn unchecked<O: Resource>(owner: &O, kind: &O::DynamicType) -> OwnerReference {
    OwnerReference {
        api_version: O::api_version(kind).into_owned(),
        kind: O::kind(kind).into_owned(),
        name: owner.meta().name.clone().unwrap_or_default(),
        uid: owner.meta().uid.clone().unwrap_or_default(),
        ..OwnerReference::default()
    }
}

fn reference<O: Resource, K: Resource>(
    owner: &O,
    kind: &O::DynamicType,
    object: &K,
) -> Result<OwnerReference, OwnerError> {
    let reference = unchecked(owner, kind);
    if reference.name.is_empty() || reference.uid.is_empty() {
        return Err(OwnerError::NotCreated { kind: reference.kind, name: reference.name });
    }
    let namespace = owner.meta().namespace.as_deref().unwrap_or_default();
    let of_object = object.meta().namespace.as_deref().unwrap_or_default();
    if !namespace.is_empty() && namespace != of_object {
        return Err(OwnerError::OtherNamespace {
            kind: reference.kind,
            namespace: namespace.to_owned(),
            name: reference.name,
            object: of_object.to_owned(),
        });
    }
    Ok(reference)
}

fn upsert<K: Resource>(object: &mut K, reference: OwnerReference) {
    let owners = object.meta_mut().owner_references.get_or_insert_default();
    match owners.iter_mut().find(|owner| is_same(owner, &reference)) {
        Some(owner) => *owner = reference,
        None => owners.push(reference),
    }
}

/// The version and the uid are ignored, so that a reference to a deleted owner of the same name is replaced.
fn is_same(one: &OwnerReference, other: &OwnerReference) -> bool {
    let group = |owner: &OwnerReference| owner.api_version.split_once('/').map(|(group, _)| group.to_owned());
    (group(one), &one.kind, &one.name) == (group(other), &other.kind, &other.name)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::{ConfigMap, Namespace};

    use super::*;

    fn owner(name: &str, uid: &str) -> Deployment {
        let mut owner = Deployment::default();
        owner.metadata.name = Some(name.to_owned());
        owner.metadata.namespace = Some("default".to_owned());
        owner.metadata.uid = Some(uid.to_owned());
        owner
    }

    fn owned() -> ConfigMap {
        let mut map = ConfigMap::default();
        map.metadata.namespace = Some("default".to_owned());
        map
    }

    #[test]
    fn controller_reference_is_set_once() {
        let mut map = owned();
        set_controller_reference(&owner("one", "1"), &(), &mut map).unwrap();
        set_controller_reference(&owner("one", "2"), &(), &mut map).unwrap();
        let expected = OwnerReference {
            api_version: "apps/v1".to_owned(),
            block_owner_deletion: Some(true),
            controller: Some(true),
            kind: "Deployment".to_owned(),
            name: "one".to_owned(),
            uid: "2".to_owned(),
        };
        assert_eq!(map.metadata.owner_references, Some(vec![expected.clone()]), "the uid is updated");
        let error = set_controller_reference(&owner("two", "3"), &(), &mut map).unwrap_err();
        assert_eq!(error, OwnerError::AlreadyOwned(Box::new(expected)));
        assert!(is_controlled_by(&map, &owner("one", "2")) && !is_controlled_by(&map, &owner("one", "1")));
    }

    #[test]
    fn owners_are_added_and_removed() {
        let mut map = owned();
        set_controller_reference(&owner("one", "1"), &(), &mut map).unwrap();
        set_owner_reference(&owner("two", "2"), &(), &mut map).unwrap();
        set_owner_reference(&owner("two", "2"), &(), &mut map).unwrap();
        assert_eq!(owners(&map).len(), 2);
        assert_eq!(controller_of(&map).map(|controller| controller.name.as_str()), Some("one"));
        assert!(has_owner_reference(&owner("two", "9"), &(), &map));
        assert!(remove_owner_reference(&owner("two", "2"), &(), &mut map));
        assert!(!remove_owner_reference(&owner("two", "2"), &(), &mut map));
        assert!(remove_owner_reference(&owner("one", "1"), &(), &mut map));
        assert_eq!(map.metadata.owner_references, None);
    }

    #[test]
    fn owner_in_another_namespace_is_rejected() {
        let mut map = owned();
        map.metadata.namespace = Some("other".to_owned());
        assert!(matches!(
            set_owner_reference(&owner("one", "1"), &(), &mut map),
            Err(OwnerError::OtherNamespace { .. })
        ));
        let mut cluster_scoped = Namespace::default();
        assert!(set_controller_reference(&owner("one", "1"), &(), &mut cluster_scoped).is_err());
        cluster_scoped.metadata.name = Some("default".to_owned());
        cluster_scoped.metadata.uid = Some("5".to_owned());
        set_owner_reference(&cluster_scoped, &(), &mut map).unwrap();
        assert!(matches!(
            set_owner_reference(&Namespace::default(), &(), &mut map),
            Err(OwnerError::NotCreated { .. })
        ));
    }
}
