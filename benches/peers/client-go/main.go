// Measures client-go's shared informer on the canned server: initial sync, listers and event latency.
package main

import (
	"context"
	"flag"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"peers/process"
	"peers/route"
)

var (
	server   = flag.String("server", "", "address of the server")
	ca       = flag.String("ca", "", "certificate of the server")
	mode     = flag.String("mode", "sync", "sync, lister or latency")
	strip    = flag.Bool("strip", false, "remove managedFields")
	seconds  = flag.Float64("seconds", 3, "how long to measure")
	handlers = flag.Int("handlers", 1, "number of handlers")
)

func main() {
	flag.Parse()
	group := schema.GroupVersion{Group: "aigateway.envoyproxy.io", Version: "v1beta1"}
	scheme := k8sruntime.NewScheme()
	scheme.AddKnownTypeWithName(group.WithKind("AIGatewayRoute"), &route.Route{})
	scheme.AddKnownTypeWithName(group.WithKind("AIGatewayRouteList"), &route.RouteList{})
	metav1.AddToGroupVersion(scheme, group)
	config := &rest.Config{Host: *server, QPS: -1, APIPath: "/apis", ContentConfig: rest.ContentConfig{
		GroupVersion: &group, NegotiatedSerializer: serializer.NewCodecFactory(scheme).WithoutConversion(),
	}}
	config.TLSClientConfig.CAFile = *ca
	config.TLSClientConfig.NextProtos = []string{"http/1.1"}
	client, err := rest.RESTClientFor(config)
	process.Must(err)
	source := cache.NewListWatchFromClient(client, "aigatewayroutes", metav1.NamespaceAll, fields.Everything())
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	if *mode == "lister" {
		indexers["team"] = func(object any) ([]string, error) { return []string{object.(*route.Route).Labels["team"]}, nil }
	}
	informer := cache.NewSharedIndexInformer(source, &route.Route{}, 0, indexers)
	if *strip {
		process.Must(informer.SetTransform(func(object any) (any, error) {
			if object, ok := object.(*route.Route); ok {
				object.ManagedFields = nil
			}
			return object, nil
		}))
	}
	var latencies []float64
	var events atomic.Int64
	for number := 0; number < *handlers; number++ {
		first := number == 0
		_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, object any) {
			events.Add(1)
			if first {
				sent, _ := strconv.ParseInt(object.(*route.Route).Annotations["sent"], 10, 64)
				latencies = append(latencies, float64(time.Now().UnixNano()-sent)/1e3)
			}
		}})
		process.Must(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	start := time.Now()
	go informer.RunWithContext(ctx)
	for !informer.HasSynced() {
		time.Sleep(time.Millisecond)
	}
	result := map[string]float64{
		"sync_ms": float64(time.Since(start).Microseconds()) / 1e3, "cpu_ms": process.CPU() * 1e3, "peak_mb": process.Memory("VmHWM"),
		"objects": float64(len(informer.GetStore().ListKeys())),
	}
	switch *mode {
	case "sync":
		// Memory of the idle process, before and after a full garbage collection.
		time.Sleep(500 * time.Millisecond)
		result["steady_mb"] = process.Memory("VmRSS")
		runtime.GC()
		debug.FreeOSMemory()
		result["collected_mb"] = process.Memory("VmRSS")
	case "lister":
		lister(informer, result)
	case "latency":
		before := process.CPU()
		time.Sleep(time.Duration(*seconds * float64(time.Second)))
		result["events"] = float64(events.Load())
		result["event_cpu_us"] = (process.CPU() - before) * 1e6 / max(1, float64(events.Load()))
		cancel()
		time.Sleep(100 * time.Millisecond)
		sort.Float64s(latencies)
		if len(latencies) > 0 {
			result["p50_us"], result["p99_us"] = latencies[len(latencies)/2], latencies[len(latencies)*99/100]
		}
		result["rss_mb"] = process.Memory("VmRSS")
	}
	process.Print(result)
}

func measure(result map[string]float64, name string, operation func(number int) int) {
	operation(0)
	start, count := time.Now(), 0
	for time.Since(start).Seconds() < *seconds/4 {
		for batch := 0; batch < 16; batch++ {
			operation(count)
			count++
		}
	}
	result[name] = float64(time.Since(start).Nanoseconds()) / float64(count)
}

func lister(informer cache.SharedIndexInformer, result map[string]float64) {
	indexer := informer.GetIndexer()
	resource := schema.GroupResource{Group: "aigateway.envoyproxy.io", Resource: "aigatewayroutes"}
	lister := cache.NewGenericLister(indexer, resource)
	objects := int(result["objects"])
	everything := labels.Everything()
	// A label without an index.
	selector := labels.SelectorFromSet(labels.Set{"example.com/label-3": "value-7"})
	var names [1024][2]string
	for number := range names {
		object := (number * 7919) % objects
		names[number] = [2]string{"namespace-" + strconv.Itoa(object%100), "route-" + strconv.Itoa(object)}
	}
	var namespaces, teams [100]string
	for number := range namespaces {
		namespaces[number], teams[number] = "namespace-"+strconv.Itoa(number), "team-"+strconv.Itoa(number)
	}
	measure(result, "get_ns", func(number int) int {
		name := names[number%len(names)]
		object, err := lister.ByNamespace(name[0]).Get(name[1])
		process.Must(err)
		return int(object.(*route.Route).Generation)
	})
	visit := func(list []k8sruntime.Object) int {
		generations := 0
		for _, object := range list {
			generations += int(object.(*route.Route).Generation)
		}
		return generations
	}
	measure(result, "namespace_ns", func(number int) int {
		list, err := lister.ByNamespace(namespaces[number%100]).List(everything)
		process.Must(err)
		return visit(list)
	})
	measure(result, "index_ns", func(number int) int {
		list, err := indexer.ByIndex("team", teams[number%100])
		process.Must(err)
		generations := 0
		for _, object := range list {
			generations += int(object.(*route.Route).Generation)
		}
		return generations
	})
	measure(result, "selector_ns", func(int) int {
		list, err := lister.List(selector)
		process.Must(err)
		return visit(list)
	})
}
