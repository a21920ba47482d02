package etcd

import (
	"testing"

	apiextensionsclientset "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	cacheddiscovery "k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	clientset "k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"

	"judge/memory"
)

// StartRealAPIServerOrDie replaces the function of this package that starts kube-apiserver.
func StartRealAPIServerOrDie(t *testing.T, _ ...func(*options.ServerRunOptions)) *APIServer {
	config, stop, err := memory.Start([]string{"--authorization-mode=RBAC"})
	if err != nil {
		t.Fatal(err)
	}
	restclient.SetDefaultWarningHandler(restclient.NoWarnings{})
	config.QPS, config.Burst = 99999, 9999
	client := clientset.NewForConfigOrDie(config)
	CreateTestCRDs(t, apiextensionsclientset.NewForConfigOrDie(config), false, GetCustomResourceDefinitionData()...)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(cacheddiscovery.NewMemCacheClient(client.Discovery()))
	_, resources, err := client.Discovery().ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	return &APIServer{
		Client: client, Dynamic: dynamic.NewForConfigOrDie(config), Config: config, KV: memory.Etcd(), Mapper: mapper,
		Resources: GetResources(t, resources), Cleanup: stop,
	}
}
