//! Every scenario on an API server in memory, over TCP with TLS.

mod suite;

use integration_tests::backend::over_tcp as backend;
