"""Uses the in-memory API server with the Python client. Run by `cargo xtask clients`."""

from kubernetes import client, config, watch

config.load_kube_config()
core, apps = client.CoreV1Api(), client.AppsV1Api()

# A ConfigMap is created, updated with a conflict, and deleted.
settings = core.create_namespaced_config_map("default", {"metadata": {"name": "settings"}, "data": {"a": "1"}})
core.patch_namespaced_config_map("settings", "default", {"data": {"a": "2"}})
settings.data = {"a": "3"}
try:
    core.replace_namespaced_config_map("settings", "default", settings)
    raise AssertionError("the update is based on an old version")
except client.ApiException as error:
    assert error.status == 409, error

# A watch reports the scaling of a Deployment.
labels = {"app": "web"}
pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
web = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": labels}, "template": pod}}
version = apps.create_namespaced_deployment("default", web).metadata.resource_version
apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 3}})
watches = watch.Watch()
for event in watches.stream(apps.list_namespaced_deployment, "default", resource_version=version, timeout_seconds=60):
    assert (event["type"], event["object"].spec.replicas) == ("MODIFIED", 3), event
    watches.stop()

# A custom resource is created and listed.
custom = client.CustomObjectsApi()
group = ("aigateway.envoyproxy.io", "v1beta1", "default", "gatewayconfigs")
kind = {"apiVersion": "aigateway.envoyproxy.io/v1beta1", "kind": "GatewayConfig", "metadata": {"name": "config"}}
custom.create_namespaced_custom_object(*group, kind)
assert [item["metadata"]["name"] for item in custom.list_namespaced_custom_object(*group)["items"]] == ["config"]
core.delete_namespaced_config_map("settings", "default")
assert not core.list_namespaced_config_map("default").items
print("ok")
