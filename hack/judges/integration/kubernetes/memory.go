package testing

import (
	"os"

	"k8s.io/apiserver/pkg/storage/storagebackend"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/test/utils/ktesting"

	"judge/memory"
)

// StartTestServer replaces the function of this package that starts kube-apiserver.
func StartTestServer(t ktesting.TB, _ *TestServerInstanceOptions, flags []string, _ *storagebackend.Config) (TestServer, error) {
	if utilfeature.DefaultFeatureGate.Enabled("ShardedListAndWatch") {
		flags = append(flags, "--feature-gates=ShardedListAndWatch=true")
	}
	config, stop, err := memory.Start(flags)
	if err != nil {
		return TestServer{}, err
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	dir, err := os.MkdirTemp("", "judge")
	if err != nil {
		return TestServer{}, err
	}
	stopAll := func() {
		stop()
		_ = os.RemoveAll(dir)
	}
	return TestServer{
		ClientConfig: config, ServerOpts: options.NewServerRunOptions(), TearDownFn: stopAll, TmpDir: dir,
		EtcdClient: memory.Etcd(), EtcdStoragePrefix: "registry",
	}, nil
}
