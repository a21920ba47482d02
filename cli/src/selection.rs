//! Objects that are named on the command line, as with kubectl: `TYPE NAME…`, `TYPE/NAME…` or `TYPE,TYPE`.

use clap::Args;
use kube_client_runtime::client::{Client, ListOptions};
use kube_client_runtime::dynamic::{DiscoveredResource, MapperError, RestMapper};
use kube_client_runtime::resource::Scope;

use crate::args::Globals;
use crate::error::CliError;

/// What to select.
#[derive(Args, Clone, Debug)]
pub(crate) struct Selection {
    /// Kinds and names: TYPE [NAME ...], TYPE/NAME ... or TYPE,TYPE. A type is a plural, singular, short name or category,
    /// optionally with version and group (aigatewayroutes.v1beta1.aigateway.envoyproxy.io)
    #[arg(value_name = "TYPE[/NAME]")]
    pub(crate) names: Vec<String>,
    /// Objects of all namespaces
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,
    /// Label selector, such as team=search,tier!=gold
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(crate) selector: Option<String>,
    /// Field selector, such as metadata.name=models
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) field_selector: Option<String>,
}

/// Objects of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    pub(crate) resource: DiscoveredResource,
    /// The namespace; `None` for all namespaces and for cluster-scoped kinds.
    pub(crate) namespace: Option<String>,
    /// The names; empty for all objects.
    pub(crate) names: Vec<String>,
}

impl Selection {
    /// Resolves the kinds.
    pub(crate) async fn resolve(&self, client: &Client, globals: &Globals) -> Result<Vec<Selected>, CliError> {
        let mapper = RestMapper::new(client.clone());
        let mut selected = Vec::new();
        let types = self.parse()?;
        if self.selector.is_some() || self.field_selector.is_some() {
            self.check_all()?;
        }
        for (types, names) in types {
            for type_ in types.split(',').filter(|type_| !type_.is_empty()) {
                for resource in resources(&mapper, type_).await? {
                    let is_namespaced = resource.scope == Scope::Namespaced;
                    if is_namespaced && self.all_namespaces && !names.is_empty() {
                        let message = "a resource cannot be retrieved by name across all namespaces";
                        return Err(CliError::Usage(message.to_owned()));
                    }
                    let namespace =
                        (is_namespaced && !self.all_namespaces).then(|| globals.namespace_of(client).to_owned());
                    selected.push(Selected { resource, namespace, names: names.clone() });
                }
            }
        }
        Ok(selected)
    }

    /// Verifies that there are no names, next to a selector or `--all`. The messages are those of kubectl.
    pub(crate) fn check_all(&self) -> Result<(), CliError> {
        let has_slash = self.names.iter().any(|name| name.contains('/'));
        let message = match self.names.len() {
            0 | 1 if !has_slash => return Ok(()),
            _ if has_slash => "selectors and the all flag cannot be used when passing resource/name arguments",
            _ => "name cannot be provided when a selector is specified",
        };
        Err(CliError::Usage(message.to_owned()))
    }

    /// Returns each type with its names.
    fn parse(&self) -> Result<Vec<(String, Vec<String>)>, CliError> {
        let Some((first, names)) = self.names.split_first() else {
            return Err(CliError::Usage("no resource: pass TYPE, TYPE NAME or TYPE/NAME".to_owned()));
        };
        if !self.names.iter().any(|name| name.contains('/')) {
            return Ok(vec![(first.clone(), names.to_vec())]);
        }
        let mut types: Vec<(String, Vec<String>)> = Vec::new();
        for name in &self.names {
            let pair = name.split_once('/').filter(|(type_, name)| !type_.is_empty() && !name.is_empty());
            let Some((type_, name)) = pair else {
                return Err(CliError::Usage(format!("{name:?} is not TYPE/NAME: use one form for all arguments")));
            };
            match types.iter_mut().find(|(found, _)| found == type_) {
                Some((_, names)) => names.push(name.to_owned()),
                None => types.push((type_.to_owned(), vec![name.to_owned()])),
            }
        }
        Ok(types)
    }

    /// Returns the selectors as options of a list.
    pub(crate) fn list_options(&self) -> ListOptions {
        let (label_selector, field_selector) = (self.selector.clone(), self.field_selector.clone());
        ListOptions { label_selector, field_selector, ..ListOptions::default() }
    }
}

/// Returns the resource with a name, or those of a category.
async fn resources(mapper: &RestMapper, name: &str) -> Result<Vec<DiscoveredResource>, CliError> {
    match mapper.resolve(name).await {
        Ok(resource) => Ok(vec![resource]),
        Err(error @ MapperError::NotFound { .. }) => mapper.by_category(name).await.map_err(|_| error.into()),
        Err(error) => Err(error.into()),
    }
}

impl Selected {
    /// Returns the name of the kind as kubectl prints it: `aigatewayroute.aigateway.envoyproxy.io`.
    pub(crate) fn kind_name(&self) -> String {
        let resource = &self.resource.api_resource;
        let kind = resource.kind.to_lowercase();
        if resource.group.is_empty() { kind } else { format!("{kind}.{}", resource.group) }
    }
}

#[cfg(test)]
mod tests {
    use super::Selection;

    fn selection(names: &[&str]) -> Selection {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Selection { names, all_namespaces: false, selector: None, field_selector: None }
    }

    fn parse(names: &[&str]) -> Result<Vec<(String, Vec<String>)>, String> {
        selection(names).parse().map_err(|error| error.to_string())
    }

    #[test]
    fn types_and_names_are_parsed_as_kubectl_does() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(parse(&["a,b"]).unwrap(), [("a,b".to_owned(), vec![])]);
        assert_eq!(parse(&["a", "x", "y"]).unwrap(), [("a".to_owned(), names(&["x", "y"]))]);
        let slashes = parse(&["a/x", "b/z", "a/y"]).unwrap();
        assert_eq!(slashes, [("a".to_owned(), names(&["x", "y"])), ("b".to_owned(), names(&["z"]))]);
        assert_eq!(parse(&["a/x", "b"]).unwrap_err(), "\"b\" is not TYPE/NAME: use one form for all arguments");
        parse(&[]).unwrap_err();
    }

    #[test]
    fn names_next_to_a_selector_are_refused_as_by_kubectl() {
        let check = |names: &[&str]| selection(names).check_all().map_err(|error| error.to_string());
        assert_eq!((check(&[]), check(&["a,b"])), (Ok(()), Ok(())));
        assert_eq!(check(&["a", "x"]).unwrap_err(), "name cannot be provided when a selector is specified");
        let slash = "selectors and the all flag cannot be used when passing resource/name arguments";
        assert_eq!(check(&["a/x"]).unwrap_err(), slash);
    }
}
