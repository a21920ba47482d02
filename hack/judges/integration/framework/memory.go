package framework

import (
	"context"
	"testing"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	client "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"

	"judge/memory"
)

// StartTestServer replaces the function of this package that starts kube-apiserver.
func StartTestServer(ctx context.Context, t testing.TB, setup TestServerSetup) (client.Interface, *rest.Config, TearDownFunc) {
	opts := options.NewServerRunOptions()
	opts.Authorization.Modes = []string{"Node", "RBAC"}
	if setup.ModifyServerRunOptions != nil {
		setup.ModifyServerRunOptions(opts)
	}
	var flags []string
	for _, mode := range opts.Authorization.Modes {
		flags = append(flags, "--authorization-mode="+mode)
	}
	if file := opts.Authentication.TokenFile; file != nil && file.TokenFile != "" {
		flags = append(flags, "--token-auth-file="+file.TokenFile)
	}
	if utilfeature.DefaultFeatureGate.Enabled("ShardedListAndWatch") {
		flags = append(flags, "--feature-gates=ShardedListAndWatch=true")
	}
	config, stop, err := memory.Start(flags)
	if err != nil {
		t.Fatal(err)
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	clients, err := client.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return clients, config, TearDownFunc(stop)
}
