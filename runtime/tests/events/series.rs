//! Series, as `eventseries_test.go` of client-go describes them.

use super::*;

#[tokio::test(start_paused = true)]
async fn same_event_again_becomes_a_series_by_a_patch() {
    let server = server();
    let (recorder, recording) = (recorder(&server), server.record());
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!(verbs(&recording), ["create", "patch"]);
    assert_eq!(notes(&server).await, noted(&[("x", 2)]));
    let [event] = events(&server).await.try_into().unwrap();
    assert!(event.series.unwrap().last_observed_time.0 >= event.event_time.unwrap().0);
}

#[tokio::test(start_paused = true)]
async fn further_events_of_a_series_are_only_counted() {
    let server = server();
    let (recorder, recording) = (recorder(&server), server.record());
    for _ in 0..100 {
        warn(&recorder, &map("one"), "x");
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(verbs(&recording), ["create", "patch"]);
    assert_eq!(notes(&server).await, noted(&[("x", 2)]));
    assert!(recorder.metrics_text().contains("result=\"counted\"} 98\n"));
    recorder.flush().await;
    assert_eq!(verbs(&recording), ["create", "patch", "patch"]);
    assert_eq!(notes(&server).await, noted(&[("x", 100)]));
    assert_eq!(recorder.dropped(), 0);
}

#[tokio::test(start_paused = true)]
async fn changed_object_does_not_end_a_series() {
    let server = server();
    let recorder = recorder(&server);
    for version in 0..5 {
        let mut map = map("one");
        map.metadata.resource_version = Some(version.to_string());
        warn(&recorder, &map, "x");
    }
    recorder.flush().await;
    assert_eq!(notes(&server).await, noted(&[("x", 5)]));
}

#[tokio::test(start_paused = true)]
async fn object_with_the_same_name_and_another_uid_has_its_own_events() {
    let server = server();
    let recorder = recorder(&server);
    warn(&recorder, &map("one"), "x");
    let mut other = map("one");
    other.metadata.uid = Some("other".to_owned());
    warn(&recorder, &other, "x");
    recorder.flush().await;
    assert_eq!(notes(&server).await, noted(&[("x", 1), ("x", 1)]));
}

#[tokio::test(start_paused = true)]
async fn series_is_written_every_30_minutes() {
    let server = server();
    let (recorder, recording) = (recorder(&server), server.record());
    for _ in 0..59 {
        warn(&recorder, &map("one"), "x");
        sleep(MINUTE).await;
    }
    assert_eq!(verbs(&recording), ["create", "patch", "patch"]);
    let [(_, count)] = notes(&server).await.try_into().unwrap();
    assert!((29..=31).contains(&count), "{count}");
}

#[tokio::test(start_paused = true)]
async fn last_count_is_written_when_a_series_ends() {
    let server = server();
    let (recorder, recording) = (recorder(&server), server.record());
    for _ in 0..10 {
        warn(&recorder, &map("one"), "x");
    }
    sleep(13 * MINUTE).await;
    assert_eq!(verbs(&recording), ["create", "patch", "patch"]);
    assert_eq!(notes(&server).await, noted(&[("x", 10)]));
    // A later event starts from the beginning.
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!(notes(&server).await, noted(&[("x", 1), ("x", 10)]));
}

#[tokio::test(start_paused = true)]
async fn single_event_is_forgotten_after_6_to_12_minutes() {
    let server = server();
    let recorder = recorder(&server);
    warn(&recorder, &map("one"), "x");
    sleep(5 * MINUTE).await;
    warn(&recorder, &map("two"), "y");
    sleep(8 * MINUTE).await;
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!(notes(&server).await, noted(&[("x", 1), ("x", 1), ("y", 1)]));
}

#[tokio::test(start_paused = true)]
async fn series_of_a_deleted_event_is_created() {
    let server = server();
    let (recorder, client) = (recorder(&server), Client::from(server.client()));
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    let name = events(&server).await[0].metadata.name.clone().unwrap();
    client.namespaced::<Event>("default").delete(&name).await.unwrap();
    warn(&recorder, &map("one"), "x");
    recorder.flush().await;
    assert_eq!(notes(&server).await, noted(&[("x", 2)]));
}
