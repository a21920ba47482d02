//! The work of a leader, and how it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use kube_client_runtime::controllers::election::{Ended, Loss};
use kube_fake_apiserver::Reaction;

use super::*;

/// Notes when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn work_runs_while_leading_and_its_output_is_returned() {
    let server = server();
    let elector = elector(&server, "a");
    let work = |leadership: Leadership| {
        let elector = elector.clone();
        async move {
            assert!(elector.is_leader() && leadership.is_valid());
            sleep(100.0).await;
            assert!(leadership.is_valid());
            7
        }
    };
    assert_eq!(within(200, elector.run(work)).await, Ended::Finished(7));
    assert!(!elector.is_leader());
    // client-go: the lease is not released unless `ReleaseOnCancel` is set.
    assert_eq!(holder(&server).await, "a");
}

#[tokio::test(start_paused = true)]
async fn work_is_dropped_before_another_can_acquire_the_lease() {
    let server = server();
    let elector = elector(&server, "a");
    let is_dropped = Arc::new(AtomicBool::new(false));
    let work = |_| {
        let dropped = Dropped(is_dropped.clone());
        async move {
            let _dropped = dropped;
            std::future::pending::<()>().await;
        }
    };
    let start = Instant::now();
    server.react(Calls::to("*", "leases"), Reaction::hang().after(2));
    assert_eq!(within(30, elector.run(work)).await, Ended::Lost(Loss::Deadline));
    assert!(is_dropped.load(Ordering::SeqCst));
    assert!(since(start) < 10.1, "{}", since(start));
}

/// A paused process: its tasks are not polled, and its timers fire late.
#[tokio::test(start_paused = true)]
async fn work_is_not_polled_after_a_pause_beyond_the_deadline() {
    let server = server();
    let elector = elector(&server, "a");
    let polls = Arc::new(AtomicUsize::new(0));
    let mut running = Box::pin(elector.run(|_| {
        let polls = polls.clone();
        async move {
            loop {
                polls.fetch_add(1, Ordering::SeqCst);
                sleep(1.0).await;
            }
        }
    }));
    assert!(tokio::time::timeout(Duration::from_secs(5), &mut running).await.is_err());
    server.react(Calls::to("*", "leases"), Reaction::hang());
    let before = polls.load(Ordering::SeqCst);
    assert!(before > 3);
    sleep(11.0).await;
    assert_eq!(within(1, running).await, Ended::<()>::Lost(Loss::Deadline));
    assert_eq!(polls.load(Ordering::SeqCst), before);
}

#[tokio::test(start_paused = true)]
async fn elector_can_be_elected_again() {
    let server = server();
    let elector = elector(&server, "a");
    server.react(Calls::to("*", "leases"), Reaction::refuse().after(2).times(40));
    let lost = within(60, elector.run(|_| std::future::pending::<()>())).await;
    assert_eq!(lost, Ended::Lost(Loss::Deadline));
    assert_eq!(within(60, elector.run(async |_| 1)).await, Ended::Finished(1));
}

#[tokio::test(start_paused = true)]
async fn cancelled_run_ends_leadership_even_if_a_task_keeps_it() {
    let server = server();
    let elector = elector(&server, "a");
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let running = elector.run(|leadership: Leadership| async move {
        tokio::spawn(async move { sender.send(leadership.lost().await) });
        std::future::pending::<()>().await;
    });
    assert!(tokio::time::timeout(Duration::from_secs(5), running).await.is_err());
    assert_eq!(within(1, receiver).await, Ok(Loss::Released));
    assert!(!elector.is_leader());
    let recording = server.record();
    sleep(10.0).await;
    assert!(recording.actions().is_empty(), "the lease is not renewed any more");
}

#[tokio::test(start_paused = true)]
async fn leadership_ends_with_its_last_clone() {
    let server = server();
    let elector = elector(&server, "a");
    let leadership = acquired(&elector).await;
    let clone = leadership.clone();
    drop(leadership);
    sleep(20.0).await;
    assert!(clone.is_valid() && elector.is_leader());
    drop(clone);
    assert!(!elector.is_leader());
}
