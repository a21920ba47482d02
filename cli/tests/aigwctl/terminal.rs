//! Colours, and views that follow changes.

use crate::cluster::Cluster;
use crate::program::run;

const RED: &str = "\u{1b}[31m";

#[test]
fn colours_are_printed_only_on_request_if_the_output_is_not_a_terminal() {
    let plain = run(&["validate", "-f", "refused.yaml"]);
    assert!(!plain.stdout.contains('\u{1b}'), "{plain:?}");
    let coloured = run(&["validate", "-f", "refused.yaml", "--color", "always"]);
    assert!(coloured.stdout.contains(RED), "{coloured:?}");
    let json = run(&["validate", "-f", "refused.yaml", "--color", "always", "-o", "json"]);
    assert!(!json.stdout.contains('\u{1b}'), "{json:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn get_with_watch_prints_a_row_for_each_change() {
    let cluster = Cluster::shop().await;
    let mut running = cluster.start(&["get", "aiservicebackends", "-n", "shop", "--watch"]);
    let titles = running.line();
    assert!(titles.starts_with("NAME"), "{titles}");
    let existing = [running.line(), running.line()];
    assert_eq!(existing, ["azure", "openai"]);
    cluster.output(&["delete", "aiservicebackends", "azure", "-n", "shop"]).await;
    let deleted = running.line();
    assert_eq!(deleted, "azure");
    drop(running);
    let mut running = cluster.start(&["get", "aiservicebackends", "openai", "-n", "shop", "--watch", "-o", "wide"]);
    running.line();
    assert_eq!(running.line(), "openai");
    cluster.output(&["apply", "-f", "shop.yaml"]).await;
    cluster.output(&["delete", "aiservicebackends", "azure", "openai", "-n", "shop"]).await;
    let deleted = running.line();
    assert_eq!(deleted, "openai");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_with_watch_is_printed_again_after_a_change() {
    let cluster = Cluster::shop().await;
    let mut running = cluster.start(&["status", "models", "-n", "shop", "--watch"]);
    while !running.line().contains("first broken link") {}
    cluster.output(&["delete", "aigatewayroutes", "models", "-n", "shop"]).await;
    while running.line() != "AIGatewayRoute shop/models does not exist" {}
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_of_several_types_is_refused() {
    let cluster = Cluster::shop().await;
    let refused = cluster.run(&["get", "aigatewayroutes,aiservicebackends", "--watch"]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
}
