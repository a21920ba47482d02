//! Two hundred tests as users write them, each on a server and in a namespace of its own. What they are for is the time that
//! they take: in memory, and on the API server that `E2E_KUBECONFIG` names.

use aigateway_client::aigateway::v1beta1::AIServiceBackend;
use aigateway_client::runtime::client::ListOptions;
use integration_tests::backend::backend;
use integration_tests::samples::Sample as _;

/// An object is created, read, changed, listed and deleted.
async fn crud() {
    let backend = backend().await;
    let objects = backend.clients.aigateway_v1beta1().ai_service_backends(&backend.namespace);
    let created = objects.create(&AIServiceBackend::sample("one")).await.expect("created");
    let mut changed = objects.get("one").await.expect("read");
    assert_eq!(changed, created);
    changed.change();
    let updated = objects.update(&changed).await.expect("updated");
    assert_eq!(updated.metadata.generation, Some(2));
    assert_eq!(objects.list(&ListOptions::default()).await.expect("listed").items, [updated]);
    objects.delete("one").await.expect("deleted");
    assert!(objects.get("one").await.expect_err("it is gone").is_not_found());
}

macro_rules! ten_each {
    ($($module:ident)*) => { $(
        mod $module {
            use super::crud;

            ten_each!(@tests a b c d e f g h i j);
        }
    )* };
    (@tests $($test:ident)*) => { $(
        #[tokio::test]
        async fn $test() {
            crud().await;
        }
    )* };
}

ten_each!(a b c d e f g h i j k l m n o p q r s t);
