//! CRDs, objects and requests that several test trees share.

pub mod crds;
pub mod media_types;
pub mod requests;
