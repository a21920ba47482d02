// Measures client-go's shared informer on the canned server: initial sync, listers and event latency.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

var (
	server   = flag.String("server", "", "address of the server")
	ca       = flag.String("ca", "", "certificate of the server")
	mode     = flag.String("mode", "sync", "sync, lister or latency")
	strip    = flag.Bool("strip", false, "remove managedFields")
	seconds  = flag.Float64("seconds", 3, "how long to measure")
	handlers = flag.Int("handlers", 1, "number of handlers")
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func cpu() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func memory(field string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	must(err)
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, field+":") {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(line)[1], 64)
			return kilobytes / 1024
		}
	}
	return 0
}

func main() {
	flag.Parse()
	group := schema.GroupVersion{Group: "aigateway.envoyproxy.io", Version: "v1beta1"}
	scheme := k8sruntime.NewScheme()
	scheme.AddKnownTypeWithName(group.WithKind("AIGatewayRoute"), &Route{})
	scheme.AddKnownTypeWithName(group.WithKind("AIGatewayRouteList"), &RouteList{})
	metav1.AddToGroupVersion(scheme, group)
	config := &rest.Config{Host: *server, QPS: -1, APIPath: "/apis", ContentConfig: rest.ContentConfig{
		GroupVersion: &group, NegotiatedSerializer: serializer.NewCodecFactory(scheme).WithoutConversion(),
	}}
	config.TLSClientConfig.CAFile = *ca
	config.TLSClientConfig.NextProtos = []string{"http/1.1"}
	client, err := rest.RESTClientFor(config)
	must(err)
	source := cache.NewListWatchFromClient(client, "aigatewayroutes", metav1.NamespaceAll, fields.Everything())
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	if *mode == "lister" {
		indexers["team"] = func(object any) ([]string, error) { return []string{object.(*Route).Labels["team"]}, nil }
	}
	informer := cache.NewSharedIndexInformer(source, &Route{}, 0, indexers)
	if *strip {
		must(informer.SetTransform(func(object any) (any, error) {
			if route, ok := object.(*Route); ok {
				route.ManagedFields = nil
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
				sent, _ := strconv.ParseInt(object.(*Route).Annotations["sent"], 10, 64)
				latencies = append(latencies, float64(time.Now().UnixNano()-sent)/1e3)
			}
		}})
		must(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	start := time.Now()
	go informer.RunWithContext(ctx)
	for !informer.HasSynced() {
		time.Sleep(time.Millisecond)
	}
	result := map[string]float64{
		"sync_ms": float64(time.Since(start).Microseconds()) / 1e3, "cpu_ms": cpu() * 1e3, "peak_mb": memory("VmHWM"),
		"objects": float64(len(informer.GetStore().ListKeys())),
	}
	switch *mode {
	case "sync":
		// Memory of the idle process, before and after a full garbage collection.
		time.Sleep(500 * time.Millisecond)
		result["steady_mb"] = memory("VmRSS")
		runtime.GC()
		debug.FreeOSMemory()
		result["collected_mb"] = memory("VmRSS")
	case "lister":
		lister(informer, result)
	case "latency":
		before := cpu()
		time.Sleep(time.Duration(*seconds * float64(time.Second)))
		result["events"] = float64(events.Load())
		result["event_cpu_us"] = (cpu() - before) * 1e6 / max(1, float64(events.Load()))
		cancel()
		time.Sleep(100 * time.Millisecond)
		sort.Float64s(latencies)
		if len(latencies) > 0 {
			result["p50_us"], result["p99_us"] = latencies[len(latencies)/2], latencies[len(latencies)*99/100]
		}
		result["rss_mb"] = memory("VmRSS")
	}
	text, err := json.Marshal(result)
	must(err)
	fmt.Println(string(text))
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
		must(err)
		return int(object.(*Route).Generation)
	})
	visit := func(list []k8sruntime.Object) int {
		generations := 0
		for _, object := range list {
			generations += int(object.(*Route).Generation)
		}
		return generations
	}
	measure(result, "namespace_ns", func(number int) int {
		list, err := lister.ByNamespace(namespaces[number%100]).List(everything)
		must(err)
		return visit(list)
	})
	measure(result, "index_ns", func(number int) int {
		list, err := indexer.ByIndex("team", teams[number%100])
		must(err)
		generations := 0
		for _, object := range list {
			generations += int(object.(*Route).Generation)
		}
		return generations
	})
	measure(result, "selector_ns", func(int) int {
		list, err := lister.List(selector)
		must(err)
		return visit(list)
	})
}
