//! Bearer tokens.

use std::collections::HashMap;

use super::User;

/// The audience of the API server, and the issuer of its tokens.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// The tokens by which a server identifies users.
#[derive(Clone, Default)]
pub(crate) struct Tokens {
    tokens: HashMap<String, Issued>,
}

/// What a server knows about a token.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) user: User,
    pub(crate) audiences: Vec<String>,
    pub(crate) account: Option<Account>,
}

/// The service account of a token, and when the token expires.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    /// In seconds since the epoch.
    pub(crate) expires: i64,
}

impl Tokens {
    /// Adds the token of a user, which does not expire.
    pub(crate) fn add_user(&mut self, token: &str, user: User) {
        let issued = Issued { user: user.authenticated(), audiences: vec![ISSUER.to_owned()], account: None };
        self.tokens.insert(token.to_owned(), issued);
    }

    /// Adds the token of a service account.
    pub(crate) fn add_account(&mut self, token: &str, user: User, audiences: Vec<String>, account: Account) {
        let issued = Issued { user: user.authenticated(), audiences, account: Some(account) };
        self.tokens.insert(token.to_owned(), issued);
    }

    pub(crate) fn get(&self, token: &str) -> Option<&Issued> {
        self.tokens.get(token)
    }
}
