//! A client whose requests can be made to fail.

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

/// What is to go wrong.
pub struct Faults {
    /// The HTTP status of all answers; 0: none, requests go through.
    refusal: AtomicU16,
    /// Breaks open connections.
    cut: Mutex<broadcast::Sender<()>>,
}

impl Faults {
    fn new() -> Self {
        Faults { refusal: AtomicU16::new(0), cut: Mutex::new(broadcast::Sender::new(1)) }
    }

    /// From now on, all requests are answered by this status; `None`: they go through.
    pub fn refuse(&self, code: Option<u16>) {
        self.refusal.store(code.unwrap_or(0), Ordering::SeqCst);
    }

    /// Breaks all open watches.
    pub fn cut(&self) {
        // Nobody listens where no watch is open.
        let _ = self.sender().send(());
    }

    fn sender(&self) -> broadcast::Sender<()> {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A clientset for the API server that `E2E_KUBECONFIG` names, and another one whose requests can be made to fail.
///
/// # Errors
/// If there is no such API server.
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

/// A service that fails when it is told to.
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
        let code = self.faults.refusal.load(Ordering::SeqCst);
        if code != 0 {
            let text = format!(
                "{{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":{code},\"message\":\"told to refuse\"}}"
            );
            let body = Full::new(text.into()).map_err(|never| -> BoxError { match never {} });
            let answer = Response::builder().status(code).body(Box::new(body) as Box<DynBody>).map_err(BoxError::from);
            return futures::future::ready(answer).boxed();
        }
        let cut = self.faults.sender().subscribe();
        let answer = self.inner.call(request);
        async move { Ok(answer.await?.map(|body| until(body, cut))) }.boxed()
    }
}

/// The body until the connection is cut.
fn until(body: Box<DynBody>, cut: broadcast::Receiver<()>) -> Box<DynBody> {
    let frames = BodyStream::new(body).map_ok(|frame: Frame<bytes::Bytes>| frame);
    let cut = futures::stream::unfold(Some(cut), |cut| async move {
        let mut cut = cut?;
        let _ = cut.recv().await;
        Some((Err(BoxError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset))), None))
    });
    // Ends with the body: a cut is no reason to wait.
    let ended = frames.map(Some).chain(futures::stream::once(async { None }));
    let either = futures::stream::select(ended, cut.map(Some));
    let whole = either.take_while(|frame| futures::future::ready(frame.is_some())).filter_map(futures::future::ready);
    Box::new(StreamBody::new(whole.boxed()))
}
