// Prints what the Go types of Kubernetes' API say about the encoding of objects, as JSON: the structs that are reachable from all
// registered kinds, with the tags of their fields. `cargo xtask kinds` runs it once per Kubernetes version.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// A field of a struct.
type field struct {
	JSON          string `json:"json"`
	Type          string `json:"type"`
	Omit          string `json:"omit,omitempty"`
	Inline        bool   `json:"inline,omitempty"`
	Protobuf      string `json:"protobuf,omitempty"`
	PatchStrategy string `json:"patchStrategy,omitempty"`
	PatchMergeKey string `json:"patchMergeKey,omitempty"`
}

// A named type.
type named struct {
	// The kind of its underlying type, such as string or struct.
	Underlying string  `json:"underlying"`
	Fields     []field `json:"fields,omitempty"`
}

type kind struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	Type    string `json:"type"`
}

type facts struct {
	Kinds []kind           `json:"kinds"`
	Types map[string]named `json:"types"`
}

func main() {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme} {
		if err := add(all); err != nil {
			panic(err)
		}
	}
	found := facts{Types: map[string]named{}}
	for gvk, goType := range all.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal {
			continue
		}
		found.Kinds = append(found.Kinds, kind{gvk.Group, gvk.Version, gvk.Kind, found.name(goType)})
	}
	for _, object := range []any{metav1.Status{}, metav1.Table{}, metav1.PartialObjectMetadata{}, metav1.PartialObjectMetadataList{},
		metav1.WatchEvent{}, metav1.APIResourceList{}, metav1.APIGroupList{}, metav1.APIGroup{}, metav1.APIVersions{}, runtime.Unknown{}} {
		found.name(reflect.TypeOf(object))
	}
	sort.Slice(found.Kinds, func(i, j int) bool {
		a, b := found.Kinds[i], found.Kinds[j]
		return a.Group+"/"+a.Version+"/"+a.Kind < b.Group+"/"+b.Version+"/"+b.Kind
	})
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(found); err != nil {
		panic(err)
	}
}

// Types whose encoding is code.
var opaque = sets.New(
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time", "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Duration", "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1",
	"k8s.io/apimachinery/pkg/api/resource.Quantity", "k8s.io/apimachinery/pkg/util/intstr.IntOrString",
	"k8s.io/apimachinery/pkg/runtime.RawExtension",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray",
)

// Returns the name of a type, and adds it and what it refers to.
func (found *facts) name(goType reflect.Type) string {
	if name := goType.Name(); name != "" && goType.PkgPath() != "" {
		name = goType.PkgPath() + "." + name
		if _, known := found.Types[name]; !known {
			found.add(name, goType)
		}
		return name
	}
	switch goType.Kind() {
	case reflect.Pointer:
		return "*" + found.name(goType.Elem())
	case reflect.Slice:
		return "[]" + found.name(goType.Elem())
	case reflect.Map:
		return "map[" + found.name(goType.Key()) + "]" + found.name(goType.Elem())
	default:
		return goType.String()
	}
}

func (found *facts) add(name string, goType reflect.Type) {
	if opaque.Has(name) {
		found.Types[name] = named{Underlying: "opaque"}
		return
	}
	found.Types[name] = named{}
	if goType.Kind() != reflect.Struct {
		underlying := goType.Kind().String()
		switch goType.Kind() {
		case reflect.Slice:
			underlying = "[]" + found.name(goType.Elem())
		case reflect.Map:
			underlying = "map[" + found.name(goType.Key()) + "]" + found.name(goType.Elem())
		}
		found.Types[name] = named{Underlying: underlying}
		return
	}
	described := named{Underlying: "struct"}
	for i := range goType.NumField() {
		if f := goType.Field(i); f.IsExported() {
			described.Fields = append(described.Fields, found.field(f))
		}
	}
	found.Types[name] = described
}

func (found *facts) field(f reflect.StructField) field {
	tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	described := field{
		JSON: tag, Type: found.name(f.Type), Protobuf: f.Tag.Get("protobuf"),
		PatchStrategy: f.Tag.Get("patchStrategy"), PatchMergeKey: f.Tag.Get("patchMergeKey"),
	}
	for _, option := range strings.Split(options, ",") {
		switch option {
		case "inline":
			described.Inline = true
		case "omitempty":
			described.Omit += "empty"
		case "omitzero":
			described.Omit += "zero"
		}
	}
	return described
}
