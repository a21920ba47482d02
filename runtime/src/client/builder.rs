//! Construction of clients.

use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::transport::{RateLimit, RetryPolicy, Settings, Timeouts, Transport, WarningHandler};
use super::{Client, Error, user_agent};

/// A builder of a [`Client`].
///
/// ```no_run
/// use kube_client_runtime::client::{Client, Error, RateLimit};
///
/// async fn connect() -> Result<Client, Error> {
///     Client::builder().context("staging").rate_limit(RateLimit::new(20.0, 40)).connect().await
/// }
/// ```
#[derive(Clone, Default)]
pub struct ClientBuilder {
    settings: Settings,
    kubeconfig: Option<PathBuf>,
    context: Option<String>,
    user_agent: Option<String>,
    impersonate: Option<(String, Vec<String>)>,
}

impl ClientBuilder {
    /// Reads this kubeconfig instead of the default one.
    pub fn kubeconfig(mut self, path: impl Into<PathBuf>) -> Self {
        self.kubeconfig = Some(path.into());
        self
    }

    /// Uses this context of the kubeconfig instead of the current one.
    pub fn context(mut self, name: impl Into<String>) -> Self {
        self.context = Some(name.into());
        self
    }

    /// Sets the user agent; the default is `<program>/<version of this crate>`. The API server derives the field manager of
    /// writes from the part before the slash.
    pub fn user_agent(mut self, agent: impl Into<String>) -> Self {
        self.user_agent = Some(agent.into());
        self
    }

    /// Sends all requests as this user, a member of these groups; the own user needs the verb `impersonate`.
    ///
    /// Source: <https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/>
    pub fn impersonate<G: Into<String>>(
        mut self,
        user: impl Into<String>,
        groups: impl IntoIterator<Item = G>,
    ) -> Self {
        self.impersonate = Some((user.into(), groups.into_iter().map(Into::into).collect()));
        self
    }

    /// Sets the timeouts.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.settings.timeouts = timeouts;
        self
    }

    /// Sets how often requests are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// Limits the rate of requests, of all clients that are created from this one.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.settings.rate_limit = Some(limit);
        self
    }

    /// Sets the handler of warnings of the API server; the default is [`LogWarnings`](super::LogWarnings).
    pub fn warnings(mut self, handler: impl WarningHandler + 'static) -> Self {
        self.settings.warnings = Arc::new(handler);
        self
    }

    /// Creates a client from the kubeconfig, or from the pod's service account.
    ///
    /// # Errors
    /// Returns an error if neither exists, if the configuration is not valid, or if it does not have the context.
    pub async fn connect(self) -> Result<Client, Error> {
        let config = if self.kubeconfig.is_none() && self.context.is_none() {
            kube::Config::infer().await.map_err(kube::Error::InferConfig)
        } else {
            self.read_kubeconfig().await
        };
        self.connect_to(config.map_err(Error::connect)?)
    }

    async fn read_kubeconfig(&self) -> Result<kube::Config, kube::Error> {
        let invalid = |error| kube::Error::Service(Box::new(error));
        let file = match &self.kubeconfig {
            Some(path) => Kubeconfig::read_from(path),
            None => Kubeconfig::read(),
        };
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        kube::Config::from_custom_kubeconfig(file.map_err(invalid)?, &options).await.map_err(invalid)
    }

    /// Creates a client from a configuration of kube; the kubeconfig and the context of the builder have no effect.
    ///
    /// # Errors
    /// Returns an error if the configuration or the user agent is not valid.
    pub fn connect_to(self, mut config: kube::Config) -> Result<Client, Error> {
        if let Some((user, groups)) = self.impersonate {
            config.auth_info.impersonate = Some(user);
            config.auth_info.impersonate_groups = Some(groups).filter(|groups| !groups.is_empty());
        }
        if let Some(agent) = self.user_agent {
            let agent = HeaderValue::from_str(&agent);
            let agent = agent.map_err(|error| Error::connect(kube::Error::HttpError(error.into())))?;
            config.headers.retain(|(name, _)| name != USER_AGENT);
            config.headers.push((USER_AGENT, agent));
        }
        user_agent::set_default(&mut config);
        let transport = Transport::connect(config, self.settings).map_err(Error::connect)?;
        Ok(Client { transport, field_manager: None })
    }

    /// Creates a client over a client of kube, for example one with layers of its own or one of a server in memory. Retries of
    /// that client are switched off for the requests of this one. The connection, the user and the user agent are those of
    /// that client: the kubeconfig, the context, the impersonated user, the user agent and the connect timeout of the builder
    /// have no effect.
    pub fn over(self, kube: kube::Client) -> Client {
        Client { transport: Transport::over(kube, self.settings), field_manager: Some(user_agent::program()) }
    }
}
