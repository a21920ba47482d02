//! CRDs, objects, requests and waits that several test trees share.

pub mod crds;
pub mod media_types;
pub mod requests;
pub mod time;
