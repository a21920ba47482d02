"""Runs a suite that is written for pytest-kind on the server that $JUDGE_KUBECONFIG names."""


def pytest_addoption(parser):
    """Declares the options of pytest-kind."""
    group = parser.getgroup("kind")
    group.addoption("--keep-cluster", action="store_true", default=False)
    group.addoption("--cluster-name", default="judge")
