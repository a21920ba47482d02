// Package route has handwritten Go types of AIGatewayRoute.
package route

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

type Route struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              RouteSpec   `json:"spec,omitempty"`
	Status            RouteStatus `json:"status,omitempty"`
}

type RouteList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Route `json:"items"`
}

type RouteSpec struct {
	ParentRefs      []ParentRef `json:"parentRefs,omitempty"`
	Hostnames       []string    `json:"hostnames,omitempty"`
	Rules           []Rule      `json:"rules"`
	LLMRequestCosts []Cost      `json:"llmRequestCosts,omitempty"`
}

type ParentRef struct {
	Group       *string `json:"group,omitempty"`
	Kind        *string `json:"kind,omitempty"`
	Namespace   *string `json:"namespace,omitempty"`
	Name        string  `json:"name"`
	SectionName *string `json:"sectionName,omitempty"`
	Port        *int32  `json:"port,omitempty"`
}

type Rule struct {
	Name            *string      `json:"name,omitempty"`
	BackendRefs     []BackendRef `json:"backendRefs,omitempty"`
	Matches         []Match      `json:"matches,omitempty"`
	Timeouts        *Timeouts    `json:"timeouts,omitempty"`
	ModelsOwnedBy   *string      `json:"modelsOwnedBy,omitempty"`
	ModelsCreatedAt *metav1.Time `json:"modelsCreatedAt,omitempty"`
}

type Timeouts struct {
	Request        *string `json:"request,omitempty"`
	BackendRequest *string `json:"backendRequest,omitempty"`
}

type BackendRef struct {
	Name              string  `json:"name"`
	Namespace         *string `json:"namespace,omitempty"`
	Group             *string `json:"group,omitempty"`
	Kind              *string `json:"kind,omitempty"`
	ModelNameOverride *string `json:"modelNameOverride,omitempty"`
	Weight            *int32  `json:"weight,omitempty"`
	Priority          *uint32 `json:"priority,omitempty"`
}

type Match struct {
	Headers []HeaderMatch `json:"headers,omitempty"`
}

type HeaderMatch struct {
	Type  *string `json:"type,omitempty"`
	Name  string  `json:"name"`
	Value string  `json:"value"`
}

type Cost struct {
	MetadataKey string  `json:"metadataKey"`
	Type        string  `json:"type"`
	CEL         *string `json:"cel,omitempty"`
}

type RouteStatus struct {
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
