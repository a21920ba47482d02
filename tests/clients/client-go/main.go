// Runs a client-go informer of GatewayConfigs. The first argument is the kubeconfig. Prints one line per event, and "done" after
// the events of all writes of this program were received.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

var configs = schema.GroupVersionResource{Group: "aigateway.envoyproxy.io", Version: "v1beta1", Resource: "gatewayconfigs"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	api := client.Resource(configs).Namespace("default")
	if _, err = api.Create(ctx, object("first"), metav1.CreateOptions{}); err != nil {
		return err
	}

	events := make(chan string, 16)
	informer := dynamicinformer.NewDynamicSharedInformerFactory(client, 0).ForResource(configs).Informer()
	send := func(event string, object any) { events <- event + " " + object.(*unstructured.Unstructured).GetName() }
	if _, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { send("added", object) },
		UpdateFunc: func(_, object any) { send("updated", object) },
		DeleteFunc: func(object any) { send("deleted", object) },
	}); err != nil {
		return err
	}
	go informer.Run(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return fmt.Errorf("not synced within a minute")
	}

	if _, err = api.Create(ctx, object("second"), metav1.CreateOptions{}); err != nil {
		return err
	}
	label := []byte(`{"metadata":{"labels":{"a":"b"}}}`)
	if _, err = api.Patch(ctx, "first", types.MergePatchType, label, metav1.PatchOptions{}); err != nil {
		return err
	}
	if err = api.Delete(ctx, "second", metav1.DeleteOptions{}); err != nil {
		return err
	}
	for range 4 {
		select {
		case event := <-events:
			fmt.Println(event)
		case <-ctx.Done():
			return fmt.Errorf("not all events were received within a minute")
		}
	}
	fmt.Println("done")
	return nil
}

func object(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "aigateway.envoyproxy.io/v1beta1",
		"kind":       "GatewayConfig",
		"metadata":   map[string]any{"name": name},
	}}
}
