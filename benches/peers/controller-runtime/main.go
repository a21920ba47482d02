// Measures a controller of controller-runtime: initial reconciliations, changes and throughput.
package main

import (
	"context"
	"flag"
	"net/http"
	"strconv"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"peers/process"
	"peers/route"
)

var (
	address = flag.String("server", "", "address of the server")
	ca      = flag.String("ca", "", "certificate of the server")
	config  = flag.String("kubeconfig-file", "", "kubeconfig of the server, instead of address and certificate")
	mode    = flag.String("mode", "changes", "changes or throughput")
	seconds = flag.Float64("seconds", 3, "how long to measure")
	objects = flag.Int64("objects", 1000, "number of objects")
	workers = flag.Int("workers", 1, "number of workers")
	work    = flag.Int("work-ms", 0, "how many milliseconds a reconciliation waits")
)

func restConfig() *rest.Config {
	settings := &rest.Config{Host: *address}
	settings.TLSClientConfig.CAFile = *ca
	if *config != "" {
		var err error
		settings, err = clientcmd.BuildConfigFromFlags("", *config)
		process.Must(err)
	}
	settings.TLSClientConfig.NextProtos = []string{"http/1.1"}
	settings.QPS = -1
	return settings
}

func newManager() ctrl.Manager {
	ctrl.SetLogger(logr.Discard())
	group := schema.GroupVersion{Group: "aigateway.envoyproxy.io", Version: "v1beta1"}
	kind := group.WithKind("AIGatewayRoute")
	scheme := k8sruntime.NewScheme()
	scheme.AddKnownTypeWithName(kind, &route.Route{})
	scheme.AddKnownTypeWithName(group.WithKind("AIGatewayRouteList"), &route.RouteList{})
	metav1.AddToGroupVersion(scheme, group)
	manager, err := ctrl.NewManager(restConfig(), ctrl.Options{
		Scheme:  scheme,
		Metrics: server.Options{BindAddress: "0"},
		// The canned server has no discovery.
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) {
			mapper := meta.NewDefaultRESTMapper(nil)
			mapper.Add(kind, meta.RESTScopeNamespace)
			return mapper, nil
		},
	})
	process.Must(err)
	return manager
}

type reconciler struct {
	client   client.Client
	recorder *recorder
}

func (reconciler *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	began := reconciler.recorder.started()
	var object route.Route
	if err := reconciler.client.Get(ctx, request.NamespacedName, &object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	sent, _ := strconv.ParseInt(object.Annotations["sent"], 10, 64)
	if *work > 0 {
		time.Sleep(time.Duration(*work) * time.Millisecond)
	}
	reconciler.recorder.ended(began, sent)
	return ctrl.Result{}, nil
}

func main() {
	flag.Parse()
	manager := newManager()
	recorder := newRecorder(*objects)
	err := ctrl.NewControllerManagedBy(manager).For(&route.Route{}).Named("routes").
		WithOptions(controller.Options{MaxConcurrentReconciles: *workers}).
		Complete(&reconciler{client: manager.GetClient(), recorder: recorder})
	process.Must(err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { process.Must(manager.Start(ctx)) }()
	if *mode == "throughput" {
		process.Print(recorder.throughput(*seconds))
	} else {
		process.Print(recorder.changes(*seconds))
	}
}
