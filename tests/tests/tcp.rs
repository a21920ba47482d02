//! All scenarios on an in-memory server over TCP with TLS.

mod suite;

use integration_tests::backend::over_tcp as backend;
