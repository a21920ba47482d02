//! Every scenario on the API server that `E2E_KUBECONFIG` names, else on one in memory.

mod suite;

use integration_tests::backend::backend;
