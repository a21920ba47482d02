//! Predicates. Source: `sigs.k8s.io/controller-runtime/pkg/predicate`.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus};
use kube_client_runtime::controllers::Predicate;
use kube_client_runtime::informer::{Event, FinalState};

fn updated(change: impl Fn(&mut Deployment)) -> Event<Deployment> {
    let mut old = Deployment::default();
    old.metadata.generation = Some(1);
    old.metadata.resource_version = Some("1".to_owned());
    let mut new = old.clone();
    new.metadata.resource_version = Some("2".to_owned());
    change(&mut new);
    Event::Updated { old: Arc::new(old), new: Arc::new(new) }
}

fn of_spec() -> Event<Deployment> {
    updated(|object| object.metadata.generation = Some(2))
}

fn of_labels() -> Event<Deployment> {
    updated(|object| object.metadata.labels = Some([("a".to_owned(), "b".to_owned())].into()))
}

fn of_annotations() -> Event<Deployment> {
    updated(|object| object.metadata.annotations = Some([("a".to_owned(), "b".to_owned())].into()))
}

fn of_status() -> Event<Deployment> {
    updated(|object| object.status = Some(DeploymentStatus::default()))
}

fn resync() -> Event<Deployment> {
    let object = Arc::new(Deployment::default());
    Event::Updated { old: Arc::clone(&object), new: object }
}

#[test]
fn each_predicate_passes_updates_of_its_part_of_the_object() {
    let events = [of_spec(), of_labels(), of_annotations(), of_status(), resync()];
    let passes = |predicate: Predicate<Deployment>| events.each_ref().map(|event| predicate.passes(event));
    assert_eq!(passes(Predicate::generation_changed()), [true, false, false, false, false]);
    assert_eq!(passes(Predicate::labels_changed()), [false, true, false, false, false]);
    assert_eq!(passes(Predicate::annotations_changed()), [false, false, true, false, false]);
    assert_eq!(passes(Predicate::resource_version_changed()), [true, true, true, true, false]);
    let either = Predicate::generation_changed().or(Predicate::labels_changed());
    assert_eq!(passes(either.clone()), [true, true, false, false, false]);
    assert_eq!(passes(either.clone().and(Predicate::labels_changed())), [false, true, false, false, false]);
    assert_eq!(passes(either.not()), [false, false, true, true, true]);
}

#[test]
fn ready_made_predicates_pass_additions_and_deletions() {
    let object = Arc::new(Deployment::default());
    let added = Event::Added { object: Arc::clone(&object), initial: false };
    let deleted = Event::Deleted { object, state: FinalState::Known };
    for predicate in [Predicate::generation_changed(), Predicate::labels_changed(), Predicate::finalizers_changed()] {
        assert!(predicate.passes(&added) && predicate.passes(&deleted));
    }
}

#[test]
fn predicate_of_an_object_filters_all_events_of_it() {
    let paused = Predicate::object(|object: &Deployment| object.metadata.generation != Some(2));
    assert!(!paused.passes(&of_spec()));
    assert!(paused.passes(&of_labels()));
}
