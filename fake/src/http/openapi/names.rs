//! Names of schemas: the reversed group or Go package, the version and the kind.

/// Returns the name of the schema of a Go type, such as `core/v1.Pod`.
pub(super) fn of_type(name: &str) -> String {
    let package = match name.split(['/', '.']).next().unwrap_or_default() {
        "meta" => "io.k8s.apimachinery.pkg.apis",
        "resource" if !name.contains('/') => "io.k8s.apimachinery.pkg.api",
        "intstr" => "io.k8s.apimachinery.pkg.util",
        "runtime" => "io.k8s.apimachinery.pkg",
        "apiextensions" => "io.k8s.apiextensions-apiserver.pkg.apis",
        "apiregistration" => "io.k8s.kube-aggregator.pkg.apis",
        _ => "io.k8s.api",
    };
    format!("{package}.{}", name.replace('/', "."))
}

/// Returns the reversed group.
pub(super) fn of_group(group: &str) -> String {
    if group.is_empty() {
        return "io.k8s.api.core".to_owned();
    }
    group.rsplit('.').collect::<Vec<_>>().join(".")
}
