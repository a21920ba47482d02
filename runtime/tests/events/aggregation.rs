//! Aggregation and the limit of events, as `events_cache_test.go` of client-go describes them.

use super::*;

const COMBINED: &str = "(combined from similar events): ";

#[tokio::test(start_paused = true)]
async fn tenth_similar_event_is_combined() {
    let server = server();
    let recorder = recorder(&server);
    for number in 0..9 {
        warn(&recorder, &map("one"), &format!("note {number}"));
    }
    recorder.flush().await;
    assert_eq!(notes(&server).await.len(), 9);
    for number in 9..12 {
        warn(&recorder, &map("one"), &format!("note {number}"));
    }
    recorder.flush().await;
    let notes = notes(&server).await;
    assert_eq!(notes.len(), 10);
    assert_eq!(notes[0], (format!("{COMBINED}note 9"), 3));
}

#[tokio::test(start_paused = true)]
async fn known_note_is_still_counted_for_itself() {
    let server = server();
    let recorder = recorder(&server);
    for number in (0..11).chain([3]) {
        warn(&recorder, &map("one"), &format!("note {number}"));
    }
    recorder.flush().await;
    let notes = notes(&server).await;
    assert!(notes.contains(&("note 3".to_owned(), 2)), "{notes:?}");
    assert!(notes.contains(&(format!("{COMBINED}note 9"), 2)), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn events_with_another_reason_object_or_type_are_not_similar() {
    let server = server();
    let recorder = recorder(&server);
    for number in 0..20_u32 {
        let (name, reason) = [("one", "A"), ("one", "B"), ("two", "A"), ("two", "B")][(number % 4) as usize];
        recorder.event(&map(name), EventType::Normal, reason, "Act", format!("note {number}"));
    }
    recorder.flush().await;
    let notes = notes(&server).await;
    assert_eq!((notes.len(), notes.iter().filter(|(note, _)| note.starts_with(COMBINED)).count()), (20, 0));
}

#[tokio::test(start_paused = true)]
async fn similar_events_are_forgotten_after_ten_minutes_without_one() {
    let server = server();
    let recorder = recorder(&server);
    for (number, wait) in [0, 601, 0].into_iter().enumerate() {
        sleep(Duration::from_secs(wait)).await;
        for note in 0..8 {
            warn(&recorder, &map("one"), &format!("note {number}-{note}"));
        }
    }
    recorder.flush().await;
    let combined = notes(&server).await.into_iter().find(|(note, _)| note.starts_with(COMBINED));
    // 8 before the pause; after it 9 before the first combined one.
    assert_eq!(combined, Some((format!("{COMBINED}note 2-1"), 7)));
}

#[tokio::test(start_paused = true)]
async fn interval_counts_from_the_last_similar_event() {
    let server = server();
    let recorder = recorder(&server);
    for number in 0..10 {
        warn(&recorder, &map("one"), &format!("note {number}"));
        sleep(9 * MINUTE).await;
    }
    recorder.flush().await;
    assert!(notes(&server).await.iter().any(|(note, _)| note.starts_with(COMBINED)));
}

#[tokio::test(start_paused = true)]
async fn burst_of_25_events_of_an_object_passes_and_then_one_every_5_minutes() {
    let server = server();
    let recorder = recorder(&server);
    let send = |number: u32| recorder.event(&map("one"), EventType::Normal, format!("R{number}"), "A", "n");
    (0..30).for_each(send);
    recorder.flush().await;
    assert_eq!((events(&server).await.len(), recorder.dropped()), (25, 5));
    sleep(Duration::from_millis(299_999)).await;
    send(30);
    recorder.flush().await;
    assert_eq!((events(&server).await.len(), recorder.dropped()), (25, 6));
    sleep(Duration::from_millis(1)).await;
    send(31);
    send(32);
    recorder.flush().await;
    assert_eq!((events(&server).await.len(), recorder.dropped()), (26, 7));
    let metric = "event_recorder_events_total{reporting_controller=\"example.com/test\",result=\"spam\"} 7\n";
    assert!(recorder.metrics_text().contains(metric));
}

#[tokio::test(start_paused = true)]
async fn other_objects_and_types_have_their_own_limit() {
    let server = server();
    let recorder = recorder(&server);
    for number in 0..30 {
        recorder.event(&map("one"), EventType::Normal, format!("R{number}"), "A", "n");
    }
    recorder.event(&map("one"), EventType::Warning, "R", "A", "n");
    recorder.event(&map("two"), EventType::Normal, "R", "A", "n");
    recorder.flush().await;
    assert_eq!(events(&server).await.len(), 27);
}

#[tokio::test(start_paused = true)]
async fn dropped_event_is_created_once_the_limit_allows_it() {
    let server = server();
    let recorder = recorder(&server);
    for number in 0..25 {
        recorder.event(&map("one"), EventType::Normal, format!("R{number}"), "A", "n");
    }
    let late = || recorder.event(&map("one"), EventType::Normal, "Late", "A", "n");
    late();
    sleep(5 * MINUTE).await;
    late();
    recorder.flush().await;
    let late = events(&server).await.into_iter().find(|event| event.reason.as_deref() == Some("Late"));
    assert_eq!(late.unwrap().series, None);
}
