//! Clientsets of emitted crates over a server in memory.

use std::ops::Deref;

use super::{BuildError, Builder, FakeApiServer};

/// A clientset that knows the CRDs of its kinds. Emitted crates implement it behind their feature `fake`.
pub trait ServedCrds: From<kube::Client> {
    /// Returns the builder of a server with these CRDs.
    fn builder() -> Builder;
}

/// A clientset and the in-memory API server behind it.
///
/// Dereferences to the clientset. Clones share the server.
#[derive(Clone, Debug)]
pub struct FakeClientset<C> {
    clientset: C,
    server: FakeApiServer,
}

impl<C: ServedCrds> FakeClientset<C> {
    /// Creates a clientset over a new server with the CRDs of the clientset and these objects.
    ///
    /// Must be called inside of a tokio runtime. Objects of several kinds are passed as `serde_json::Value` or
    /// `DynamicObject`.
    ///
    /// # Errors
    /// If the server rejects an object.
    pub fn new(objects: impl IntoIterator<Item = impl serde::Serialize>) -> Result<Self, BuildError> {
        let mut builder = C::builder();
        for object in objects {
            builder = builder.object(&object)?;
        }
        Ok(Self::from(builder.build()?))
    }
}

impl<C> FakeClientset<C> {
    /// Returns the server, to inspect its requests and objects and to inject errors.
    pub fn server(&self) -> &FakeApiServer {
        &self.server
    }
}

impl<C: From<kube::Client>> From<FakeApiServer> for FakeClientset<C> {
    fn from(server: FakeApiServer) -> Self {
        FakeClientset { clientset: server.client().into(), server }
    }
}

impl<C> Deref for FakeClientset<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.clientset
    }
}
