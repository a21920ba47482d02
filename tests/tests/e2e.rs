//! All scenarios on the API server that `E2E_KUBECONFIG` names, otherwise on an in-memory server.

mod suite;

use integration_tests::backend::backend;
