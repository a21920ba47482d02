// Uses the in-memory API server with client-go. Run by `cargo xtask clients`.
package main

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config := must(clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig())
	typed := *config
	typed.ContentType = "application/vnd.kubernetes.protobuf"
	clientset := must(kubernetes.NewForConfig(&typed))

	// A ConfigMap is applied on the server side, and created again with a conflict.
	maps := clientset.CoreV1().ConfigMaps("default")
	settings := applycorev1.ConfigMap("settings", "default").WithData(map[string]string{"a": "1"})
	must(maps.Apply(ctx, settings, metav1.ApplyOptions{FieldManager: "example"}))
	_, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}}, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		panic(fmt.Sprintf("the object exists: %v", err))
	}

	// An informer reports the scaling of a Deployment.
	scaled := make(chan int32, 1)
	factory := informers.NewSharedInformerFactory(clientset, 0)
	must(factory.Apps().V1().Deployments().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(_, after any) { scaled <- *after.(*appsv1.Deployment).Spec.Replicas },
	}))
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	labels := map[string]string{"app": "web"}
	deployments := clientset.AppsV1().Deployments("default")
	must(deployments.Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "nginx"}}},
			},
		},
	}, metav1.CreateOptions{}))
	scale := must(deployments.GetScale(ctx, "web", metav1.GetOptions{}))
	scale.Spec.Replicas = 3
	must(deployments.UpdateScale(ctx, "web", scale, metav1.UpdateOptions{}))
	if replicas := <-scaled; replicas != 3 {
		panic(fmt.Sprintf("the informer reports %d replicas", replicas))
	}

	// A custom resource is created and listed.
	configs := must(dynamic.NewForConfig(config)).Resource(schema.GroupVersionResource{
		Group: "aigateway.envoyproxy.io", Version: "v1beta1", Resource: "gatewayconfigs",
	}).Namespace("default")
	must(configs.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "aigateway.envoyproxy.io/v1beta1",
		"kind":       "GatewayConfig",
		"metadata":   map[string]any{"name": "config"},
	}}, metav1.CreateOptions{}))
	if list := must(configs.List(ctx, metav1.ListOptions{})); len(list.Items) != 1 {
		panic("the list has one object")
	}
	fmt.Println("ok")
}
