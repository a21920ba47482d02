//! The verbs that change objects. Each is a commit: the change and what must follow it.
//!
//! The steps of a verb are private to the registry, so that all changes from outside of it are commits.

use super::{
    Body, Context, DeleteOptions, DeleteOutcome, ListOptions, Page, PatchKind, Registry, ScaleWrite, Target, Written,
};
use crate::status::Failure;

impl Registry {
    /// Makes a change and runs the controllers, which react to it before another request can see it.
    pub(super) fn commit<T>(&mut self, change: impl FnOnce(&mut Self) -> T) -> T {
        let result = change(self);
        self.run_controllers();
        result
    }

    pub(crate) fn create(
        &mut self,
        target: &Target,
        body: Body,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        self.commit(|registry| registry.create_from(target, body, context))
    }

    pub(crate) fn update(
        &mut self,
        target: &Target,
        body: Body,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        self.commit(|registry| registry.update_from(target, body, context))
    }

    pub(crate) fn patch(
        &mut self,
        target: &Target,
        kind: PatchKind,
        body: &Body,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        self.commit(|registry| registry.patch_object(target, kind, body, context))
    }

    pub(crate) fn update_scale(
        &mut self,
        target: &Target,
        write: ScaleWrite,
        context: &mut Context<'_>,
    ) -> Result<Written, Failure> {
        self.commit(|registry| registry.write_scale(target, write, context))
    }

    /// Handles an object that is sent to a subresource, and returns the response.
    pub(crate) fn request(
        &mut self,
        target: &Target,
        body: Body,
        context: &mut Context<'_>,
    ) -> Result<serde_json::Value, Failure> {
        self.commit(|registry| registry.request_of(target, body, context))
    }

    pub(crate) fn delete(&mut self, target: &Target, options: &DeleteOptions) -> Result<DeleteOutcome, Failure> {
        self.commit(|registry| registry.delete_object(target, options))
    }

    /// Deletes the objects that a list selects and returns the list.
    pub(crate) fn delete_collection(
        &mut self,
        target: &Target,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Page, Failure> {
        self.commit(|registry| registry.delete_selected(target, list, options))
    }
}
