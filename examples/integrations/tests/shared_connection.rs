//! The number of connections of clients that share one.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::TryStreamExt;
use integration_examples::http2;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{ListParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::{WatchStreamExt, watcher};
use kube_client_runtime::client::ListOptions;
use kube_client_runtime::informer::InformerFactory;
use kube_fake_apiserver::FakeApiServer;
use tokio::net::{TcpListener, TcpStream};

/// Forwards connections to a server, and counts them.
async fn count_connections(to: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let (address, count) = (socket.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = socket.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await.unwrap();
                // An error means that one side has closed the connection.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, count)
}

fn map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map
}

#[tokio::test]
async fn kube_api_watcher_client_and_informer_share_one_connection() {
    let server = FakeApiServer::builder().build().unwrap();
    let listening = server.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let (address, connections) = count_connections(listening.address()).await;
    let kubeconfig = Kubeconfig::from_yaml(&listening.kubeconfig()).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    config.cluster_url = format!("https://{address}").parse().unwrap();

    let run = async {
        let client = http2::connect(&config).unwrap();
        let theirs: Api<ConfigMap> = Api::namespaced(client.kube().clone(), "default");
        let ours = client.namespaced::<ConfigMap>("default");
        let factory = InformerFactory::new(client.clone());
        let maps = factory.consistent::<ConfigMap>();
        factory.start();
        factory.wait_for_cache_sync().await.unwrap();
        let mut events = pin!(watcher(theirs.clone(), watcher::Config::default()).applied_objects());

        // Both watches stay open while all clients send requests.
        ours.create(&map("ours")).await.unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().metadata.name.as_deref(), Some("ours"));
        theirs.create(&PostParams::default(), &map("theirs")).await.unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().metadata.name.as_deref(), Some("theirs"));
        maps.namespaced("default").create(&map("third")).await.unwrap();
        assert!(maps.get(Some("default"), "third").await.unwrap().is_some());
        let (all, options) = (ListParams::default(), ListOptions::default());
        let (listed, read) = tokio::join!(theirs.list(&all), ours.list(&options));
        assert_eq!((listed.unwrap().items.len(), read.unwrap().items.len()), (3, 3));
        factory.shutdown().await;
    };
    tokio::time::timeout(Duration::from_secs(60), run).await.expect("timed out");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
