//! The macro that emits the apply configuration of a kind.

/// Emits the apply configuration of a kind: [`apply_fields!`](crate::apply_fields) for an object, with its constructor and what a manager owns.
///
/// The head names the scope (`Namespaced` or `Cluster`), and `status` if the status is a subresource.
///
/// ```
/// use kube_client_runtime::apply::ObjectConfiguration as _;
/// use kube_client_runtime::apply_object;
/// use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
///
/// apply_object! {
///     ConfigMapApplyConfiguration: ConfigMap, Namespaced {
///         with_data data unset_data: entries(String) = "data",
///     }
/// }
///
/// let map = ConfigMapApplyConfiguration::new("settings", "default").with_data([("level", "debug")]).with_labels([("tier", "web")]);
/// assert_eq!(
///     serde_json::to_value(&map).unwrap(),
///     serde_json::json!({
///         "apiVersion": "v1",
///         "kind": "ConfigMap",
///         "metadata": {"name": "settings", "namespace": "default", "labels": {"tier": "web"}},
///         "data": {"level": "debug"},
///     })
/// );
/// ```
///
/// A namespaced kind requires a namespace:
///
/// ```compile_fail,E0061
/// # use kube_client_runtime::apply_object;
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// # apply_object! { ConfigMapApplyConfiguration: ConfigMap, Namespaced { } }
/// let _ = ConfigMapApplyConfiguration::new("settings");
/// ```
///
/// A kind without the status subresource has no status to extract:
///
/// ```compile_fail,E0599
/// # use kube_client_runtime::apply_object;
/// # use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
/// # apply_object! { ConfigMapApplyConfiguration: ConfigMap, Namespaced { } }
/// let _ = ConfigMapApplyConfiguration::extract_status(&ConfigMap::default(), "controller");
/// ```
#[macro_export]
macro_rules! apply_object {
    ($name:ident: $of:path, $scope:ident $($status:ident)? { $($entries:tt)* }) => {
        $crate::apply_fields! { @items $name, $of, [$crate::apply::METADATA] { $($entries)* } }

        impl $crate::apply::ObjectConfiguration for $name {}

        impl $crate::apply::ApplyConfiguration<$of> for $name {
            #[inline]
            fn body(
                &self,
                _: &<$of as $crate::kube::Resource>::DynamicType,
            ) -> ::core::result::Result<::std::borrow::Cow<'_, $crate::types::Json>, $crate::apply::ConfigurationError> {
                $crate::apply::body(
                    &self.fields,
                    <Self as $crate::apply::Configuration>::SHAPE,
                    &<$of as $crate::kube::Resource>::api_version(&()),
                    &<$of as $crate::kube::Resource>::kind(&()),
                )
            }
        }

        impl $name {
            $crate::apply_object! { @new $scope $of }

            /// Returns the fields that a manager applied, but not through a subresource. Without any, the result contains
            /// only the identity of the object.
            ///
            /// # Errors
            /// Returns an error if the manager owns a field that the type does not know:
            /// [`apply::extract`]($crate::apply::extract) extracts from JSON.
            #[inline]
            pub fn extract(object: &$of, manager: &str) -> ::core::result::Result<Self, $crate::apply::ExtractError> {
                Self::extract_subresource(object, manager, "")
            }

            /// [`extract`](Self::extract) for the fields that a manager applied through a subresource.
            ///
            /// # Errors
            /// As for [`extract`](Self::extract).
            #[inline]
            pub fn extract_subresource(
                object: &$of,
                manager: &str,
                subresource: &str,
            ) -> ::core::result::Result<Self, $crate::apply::ExtractError> {
                $crate::apply::extract_typed(object, manager, subresource)
            }

            $( $crate::apply_object! { @$status $of } )?
        }
    };

    (@new Namespaced $of:path) => {
        /// Creates the configuration of the object of this name in this namespace.
        #[inline]
        pub fn new(
            name: impl ::core::convert::Into<::std::string::String>,
            namespace: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            let (version, kind) = (<$of as $crate::kube::Resource>::api_version(&()), <$of as $crate::kube::Resource>::kind(&()));
            let namespace = ::core::option::Option::Some(namespace.into());
            Self { fields: $crate::apply::identified(&version, &kind, name.into(), namespace) }
        }
    };
    (@new Cluster $of:path) => {
        /// Creates the configuration of the object of this name.
        #[inline]
        pub fn new(name: impl ::core::convert::Into<::std::string::String>) -> Self {
            let (version, kind) = (<$of as $crate::kube::Resource>::api_version(&()), <$of as $crate::kube::Resource>::kind(&()));
            Self { fields: $crate::apply::identified(&version, &kind, name.into(), ::core::option::Option::None) }
        }
    };

    (@status $of:path) => {
        /// Returns the fields of the status that a manager applied through the subresource.
        ///
        /// # Errors
        /// As for [`extract`](Self::extract).
        #[inline]
        pub fn extract_status(object: &$of, manager: &str) -> ::core::result::Result<Self, $crate::apply::ExtractError> {
            Self::extract_subresource(object, manager, "status")
        }
    };
}
