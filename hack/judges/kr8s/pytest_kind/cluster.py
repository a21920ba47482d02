"""The interface of pytest-kind's cluster."""

import json
import os
import subprocess
from pathlib import Path

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "judge-control-plane"}}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "judge", "namespace": "kube-system", "labels": {"component": "judge"}},
    "spec": {"containers": [{"name": "judge", "image": "judge"}]},
}
CLUSTER = {"apiVersion": "v1", "kind": "List", "items": [NODE, POD]}


class KindCluster:
    """The server of $JUDGE_KUBECONFIG, with the kubectl of $JUDGE_KUBECTL."""

    def __init__(self, name, image=None):
        self.name = name
        self.kubeconfig_path = Path(os.environ["JUDGE_KUBECONFIG"])
        self.kubectl_path = Path(os.environ["JUDGE_KUBECTL"])

    def create(self):
        """Creates objects that each cluster has: the default service account, a node, and a pod of the system."""
        self._run("create", "serviceaccount", "default", check=False)
        self._run("create", "-f", "-", input=json.dumps(CLUSTER), check=False)

    def delete(self):
        """Does nothing: the server is stopped by its owner."""

    def kubectl(self, *args, **options):
        """Runs kubectl and returns its output."""
        return self._run(*args, check=True, **options).stdout

    def _run(self, *args, **options):
        command = [str(self.kubectl_path), "--kubeconfig", str(self.kubeconfig_path), *args]
        return subprocess.run(command, text=True, stdout=subprocess.PIPE, **options)
