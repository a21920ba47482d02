//! Watches over WebSocket, which some clients use, such as that of fabric8 for Java: each event is a text message.
//!
//! Source: `apiserver/pkg/endpoints/handlers/watch.go`, `HandleWS`.

use ::http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use ::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use crate::body::Body;

/// A request for a watch over WebSocket.
pub(super) struct Handshake {
    upgrade: OnUpgrade,
    accept: HeaderValue,
}

impl Handshake {
    /// Returns the handshake of a request; `None` if it does not ask for a watch over WebSocket.
    pub(super) fn of(request: &mut Request<Incoming>) -> Option<Self> {
        let has = |name: HeaderName, value: &str| {
            let values = request.headers().get_all(name).into_iter().filter_map(|value| value.to_str().ok());
            values.flat_map(|values| values.split(',')).any(|other| other.trim().eq_ignore_ascii_case(value))
        };
        if !has(CONNECTION, "upgrade") || !has(UPGRADE, "websocket") || !is_watch(request) {
            return None;
        }
        let key = derive_accept_key(request.headers().get(SEC_WEBSOCKET_KEY)?.as_bytes());
        let accept = HeaderValue::from_str(&key).ok()?;
        Some(Handshake { upgrade: hyper::upgrade::on(request), accept })
    }

    /// Switches the protocol if the response is that of a watch. Other responses, such as errors, are sent as they are.
    pub(super) fn answer(self, response: Response<Body>) -> Response<Body> {
        if response.status() != StatusCode::OK {
            return response;
        }
        let (head, events) = response.into_parts();
        tokio::spawn(async move {
            if let Ok(connection) = self.upgrade.await {
                send(connection, events).await;
            }
        });
        let mut response = Response::new(Body::full(Bytes::new()));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *response.headers_mut() = head.headers;
        for name in [::http::header::CONTENT_TYPE, ::http::header::TRANSFER_ENCODING, ::http::header::CONTENT_LENGTH] {
            response.headers_mut().remove(name);
        }
        let headers = [
            (CONNECTION, HeaderValue::from_static("Upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        response.headers_mut().extend(headers);
        response
    }
}

fn is_watch(request: &Request<Incoming>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "watch" && !matches!(&*value, "false" | "0" | "False" | "FALSE" | "f" | "F"))
}

/// Sends each event as a message, until the watch or the connection ends.
async fn send(connection: Upgraded, mut events: Body) {
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, None).await;
    // The text of an event that is not complete yet.
    let mut text = Vec::new();
    loop {
        tokio::select! {
            frame = events.frame() => {
                let Some(Ok(frame)) = frame else { break };
                text.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
                while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                    let rest = text.split_off(end + 1);
                    let event = String::from_utf8_lossy(&std::mem::replace(&mut text, rest)).into_owned();
                    if socket.send(Message::text(event)).await.is_err() {
                        return;
                    }
                }
            }
            // Pings are answered, and a close message ends the stream.
            message = socket.next() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
    let _ = socket.close(None).await;
}
