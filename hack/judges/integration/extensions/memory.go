package testing

import (
	"k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"judge/memory"
)

// StartTestServer replaces the function of this package that starts apiextensions-apiserver.
func StartTestServer(t Logger, _ *TestServerInstanceOptions, flags []string, _ *storagebackend.Config) (TestServer, error) {
	config, stop, err := memory.Start(flags)
	if err != nil {
		return TestServer{}, err
	}
	return TestServer{ClientConfig: config, ServerOpts: options.NewCustomResourceDefinitionsServerOptions(nil, nil), TearDownFn: stop}, nil
}
