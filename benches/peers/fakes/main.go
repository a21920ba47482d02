// fakes measures the fake clients of client-go (--client client-go) and controller-runtime (--client controller-runtime).
//
// It prints the microseconds of each operation on ConfigMaps, as the program `our-fake` does.
package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	clientgo "k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"peers/process"
)

const namespace = "default"

// operations are those that both fakes have.
type operations interface {
	create(*corev1.ConfigMap) error
	get(name string) (*corev1.ConfigMap, error)
	update(*corev1.ConfigMap) error
	list() (int, error)
	watch() (watch.Interface, error)
}

func main() {
	name := flag.String("client", "client-go", "client-go or controller-runtime")
	seconds := flag.Float64("seconds", 1, "duration of each measurement")
	objects := flag.Int("objects", 1000, "number of objects")
	flag.Parse()
	start := startClientGo
	if *name == "controller-runtime" {
		start = startControllerRuntime
	}
	limit := time.Duration(*seconds * float64(time.Second))
	result := map[string]float64{}
	seed := make([]runtime.Object, *objects)
	for at := range seed {
		seed[at] = configMap(fmt.Sprintf("seed-%d", at))
	}
	result["start_us"] = measure(limit, func(int) error { start(nil); return nil })
	result["start_with_objects_us"] = measure(limit, func(int) error { start(seed); return nil })
	client := start(seed)
	result["create_us"] = measure(limit, func(at int) error { return client.create(configMap(fmt.Sprintf("created-%d", at))) })
	client = start(seed)
	result["get_us"] = measure(limit, func(at int) error {
		_, err := client.get(fmt.Sprintf("seed-%d", at%*objects))
		return err
	})
	result["update_us"] = measure(limit, func(at int) error {
		object, err := client.get(fmt.Sprintf("seed-%d", at%*objects))
		if err != nil {
			return err
		}
		object.Data["value"] = fmt.Sprint(at)
		return client.update(object)
	})
	result["list_us"] = measure(limit, func(int) error {
		count, err := client.list()
		if err == nil && count != *objects {
			err = fmt.Errorf("%d objects", count)
		}
		return err
	})
	// The watch of client-go's fake panics if there are more objects than its channel can hold.
	client = start(nil)
	events, err := client.watch()
	process.Must(err)
	result["create_and_event_us"] = measure(limit, func(at int) error {
		if err := client.create(configMap(fmt.Sprintf("watched-%d", at))); err != nil {
			return err
		}
		<-events.ResultChan()
		return nil
	})
	process.Print(result)
}

// measure returns the mean microseconds of an operation.
func measure(limit time.Duration, operation func(int) error) float64 {
	start, count := time.Now(), 0
	for time.Since(start) < limit {
		process.Must(operation(count))
		count++
	}
	return float64(time.Since(start).Nanoseconds()) / 1e3 / float64(count)
}

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{"app": "bench"}},
		Data:       map[string]string{"value": "0", "other": "a value"},
	}
}

type clientGo struct{ set *clientgo.Clientset }

func startClientGo(objects []runtime.Object) operations {
	return clientGo{clientgo.NewClientset(objects...)}
}

func (c clientGo) create(object *corev1.ConfigMap) error {
	_, err := c.set.CoreV1().ConfigMaps(namespace).Create(context.Background(), object, metav1.CreateOptions{})
	return err
}

func (c clientGo) get(name string) (*corev1.ConfigMap, error) {
	return c.set.CoreV1().ConfigMaps(namespace).Get(context.Background(), name, metav1.GetOptions{})
}

func (c clientGo) update(object *corev1.ConfigMap) error {
	_, err := c.set.CoreV1().ConfigMaps(namespace).Update(context.Background(), object, metav1.UpdateOptions{})
	return err
}

func (c clientGo) list() (int, error) {
	list, err := c.set.CoreV1().ConfigMaps(namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	return len(list.Items), nil
}

func (c clientGo) watch() (watch.Interface, error) {
	return c.set.CoreV1().ConfigMaps(namespace).Watch(context.Background(), metav1.ListOptions{})
}

type controllerRuntime struct{ client client.WithWatch }

func startControllerRuntime(objects []runtime.Object) operations {
	return controllerRuntime{fake.NewClientBuilder().WithRuntimeObjects(objects...).Build()}
}

func (c controllerRuntime) create(object *corev1.ConfigMap) error {
	return c.client.Create(context.Background(), object)
}

func (c controllerRuntime) get(name string) (*corev1.ConfigMap, error) {
	object := &corev1.ConfigMap{}
	return object, c.client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: name}, object)
}

func (c controllerRuntime) update(object *corev1.ConfigMap) error {
	return c.client.Update(context.Background(), object)
}

func (c controllerRuntime) list() (int, error) {
	list := &corev1.ConfigMapList{}
	err := c.client.List(context.Background(), list, client.InNamespace(namespace))
	return len(list.Items), err
}

func (c controllerRuntime) watch() (watch.Interface, error) {
	return c.client.Watch(context.Background(), &corev1.ConfigMapList{}, client.InNamespace(namespace))
}
