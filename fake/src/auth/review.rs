//! Users and rules as reviews show them.

use serde_json::{Value, json};

use super::{Rule, User};

impl User {
    /// Returns the `UserInfo` of reviews.
    pub(crate) fn info(&self) -> Value {
        let mut info = json!({"username": self.name()});
        if !self.uid().is_empty() {
            info["uid"] = self.uid().into();
        }
        if !self.groups().is_empty() {
            info["groups"] = json!(self.groups());
        }
        if !self.extra().is_empty() {
            info["extra"] = json!(self.extra());
        }
        info
    }

    /// Creates the user that an access review describes.
    pub(crate) fn of_review(spec: &Value) -> Self {
        let texts = |value: &Value| -> Vec<String> {
            let items = value.as_array().into_iter().flatten();
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let user = User::new(spec["user"].as_str().unwrap_or_default());
        let user = user.with_uid(spec["uid"].as_str().unwrap_or_default());
        let user = texts(&spec["groups"]).into_iter().fold(user, User::with_group);
        let extra = spec["extra"].as_object().into_iter().flatten();
        extra.fold(user, |user, (key, values)| user.with_extra(key, texts(values)))
    }
}

impl Rule {
    /// Returns the rule in the form of rules reviews, if it is for resources.
    pub(crate) fn resource_rule(&self) -> Option<Value> {
        let mut rule = json!({"verbs": self.verbs});
        for (name, values) in
            [("apiGroups", &self.groups), ("resources", &self.resources), ("resourceNames", &self.names)]
        {
            if !values.is_empty() {
                rule[name] = json!(values);
            }
        }
        (!self.resources.is_empty()).then_some(rule)
    }

    /// Returns the rule in the form of rules reviews, if it is for paths.
    pub(crate) fn non_resource_rule(&self) -> Option<Value> {
        (!self.urls.is_empty()).then(|| json!({"verbs": self.verbs, "nonResourceURLs": self.urls}))
    }
}
