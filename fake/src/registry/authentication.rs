//! Authentication of bearer tokens.
//!
//! Source: `kubernetes/pkg/serviceaccount/jwt.go`, `apiserver/pkg/authentication/token/tokenfile`.

use super::Registry;
use crate::auth::{ISSUER, User};
use crate::metadata::text;
use crate::store::Key;

const INVALID: &str = "invalid bearer token";

impl Registry {
    /// Identifies a user by its token, if it has one.
    pub(crate) fn add_user(&mut self, user: &User) {
        if let Some(token) = user.bearer_token() {
            self.access.tokens.add_user(token, user.clone());
        }
    }

    /// Returns the user of a token, and the audiences that the token and the request have in common. Without audiences,
    /// the token must be for the API server.
    ///
    /// # Errors
    /// Returns the API server's message if the token is not valid.
    pub(crate) fn authenticate(&self, token: &str, audiences: &[String]) -> Result<(User, Vec<String>), String> {
        let issued = self.access.tokens.get(token).ok_or(INVALID)?;
        let wanted = if audiences.is_empty() { vec![ISSUER.to_owned()] } else { audiences.to_vec() };
        let common: Vec<String> = issued.audiences.iter().filter(|own| wanted.contains(own)).cloned().collect();
        let Some(account) = &issued.account else {
            return if common.is_empty() { Err(INVALID.to_owned()) } else { Ok((issued.user.clone(), common)) };
        };
        let invalid = |reason: String| Err(format!("[{INVALID}, {reason}]"));
        if common.is_empty() {
            let list = crate::auth::go_list;
            return invalid(format!(
                "token audiences {} is invalid for the target audiences {}",
                list(&issued.audiences),
                list(&wanted)
            ));
        }
        if self.clock.now().as_second() > account.expires {
            return invalid("service account token has expired".to_owned());
        }
        let key = Key::new(&account.namespace, &account.name);
        let Some(entry) = self.store.get("/serviceaccounts", &key) else {
            return invalid(format!("serviceaccounts \"{}\" not found", account.name));
        };
        let stored = crate::json::decode_stored(&entry.value.json);
        if text(&stored, "uid") != account.uid {
            return invalid(
                "service account UID (".to_owned()
                    + text(&stored, "uid")
                    + ") does not match claim ("
                    + &account.uid
                    + ")",
            );
        }
        Ok((issued.user.clone(), common))
    }
}
