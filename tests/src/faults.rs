//! A client with fault injection.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use aigateway_client::Clientset;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use kube::client::{Body, ClientBuilder, DynBody};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::sync::broadcast;
use tower::{BoxError, Layer, Service};

/// Controls which requests fail.
pub struct Faults {
    /// HTTP status of all responses; 0 if requests are sent.
    status: AtomicU16,
    /// Sender that aborts open response bodies.
    abort: Mutex<broadcast::Sender<()>>,
}

impl Faults {
    fn new() -> Self {
        Faults { status: AtomicU16::new(0), abort: Mutex::new(broadcast::Sender::new(1)) }
    }

    /// Responds to all further requests with this status; `None` sends them.
    pub fn refuse(&self, code: Option<u16>) {
        self.status.store(code.unwrap_or(0), Ordering::SeqCst);
    }

    /// Aborts all open watches.
    pub fn abort_watches(&self) {
        // Sending fails if no watch is open.
        let _ = self.sender().send(());
    }

    fn sender(&self) -> broadcast::Sender<()> {
        self.abort.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Creates a clientset for the API server that `E2E_KUBECONFIG` names, and a second one with fault injection.
///
/// # Errors
/// If the kubeconfig cannot be used.
pub async fn clients() -> Result<(Clientset, Clientset, Arc<Faults>), BoxError> {
    let kubeconfig = Kubeconfig::read_from(std::env::var("E2E_KUBECONFIG")?)?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    let faults = Arc::new(Faults::new());
    let failing = ClientBuilder::try_from(config.clone())?.with_layer(&FaultLayer(Arc::clone(&faults))).build();
    Ok((Clientset::try_from(config)?, failing.into(), faults))
}

struct FaultLayer(Arc<Faults>);

impl<S> Layer<S> for FaultLayer {
    type Service = Faulty<S>;

    fn layer(&self, inner: S) -> Faulty<S> {
        Faulty { inner, faults: Arc::clone(&self.0) }
    }
}

/// A service with fault injection.
pub struct Faulty<S> {
    inner: S,
    faults: Arc<Faults>,
}

impl<S> Service<Request<Body>> for Faulty<S>
where
    S: Service<Request<Body>, Response = Response<Box<DynBody>>, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = Response<Box<DynBody>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let code = self.faults.status.load(Ordering::SeqCst);
        if code != 0 {
            let text = format!(
                "{{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":{code},\"message\":\"injected failure\"}}"
            );
            let body = Full::new(text.into()).map_err(|never| -> BoxError { match never {} });
            let response =
                Response::builder().status(code).body(Box::new(body) as Box<DynBody>).map_err(BoxError::from);
            return futures::future::ready(response).boxed();
        }
        let abort = self.faults.sender().subscribe();
        let response = self.inner.call(request);
        async move { Ok(response.await?.map(|body| until_aborted(body, abort))) }.boxed()
    }
}

/// Returns the body, which fails when `abort` is triggered.
fn until_aborted(body: Box<DynBody>, abort: broadcast::Receiver<()>) -> Box<DynBody> {
    let frames = BodyStream::new(body).map_ok(|frame: Frame<bytes::Bytes>| frame);
    let aborted = futures::stream::unfold(Some(abort), |abort| async move {
        let mut abort = abort?;
        let _ = abort.recv().await;
        Some((Err(BoxError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset))), None))
    });
    // The stream ends with the body, without waiting for an abort.
    let ended = frames.map(Some).chain(futures::stream::once(async { None }));
    let either = futures::stream::select(ended, aborted.map(Some));
    let frames = either.take_while(|frame| futures::future::ready(frame.is_some())).filter_map(futures::future::ready);
    Box::new(StreamBody::new(frames.boxed()))
}
