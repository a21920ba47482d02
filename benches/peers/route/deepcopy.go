package route

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// The copies that deepcopy-gen would write.

// DeepCopyObject copies a route.
func (in *Route) DeepCopyObject() runtime.Object {
	out := &Route{TypeMeta: in.TypeMeta}
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Spec = RouteSpec{
		ParentRefs:      each(in.Spec.ParentRefs, ParentRef.copied),
		Hostnames:       each(in.Spec.Hostnames, same),
		Rules:           each(in.Spec.Rules, Rule.copied),
		LLMRequestCosts: each(in.Spec.LLMRequestCosts, Cost.copied),
	}
	out.Status.Conditions = each(in.Status.Conditions, func(condition metav1.Condition) metav1.Condition {
		return *condition.DeepCopy()
	})
	return out
}

// DeepCopyObject copies a list of routes.
func (in *RouteList) DeepCopyObject() runtime.Object {
	out := &RouteList{TypeMeta: in.TypeMeta}
	in.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = each(in.Items, func(item Route) Route { return *item.DeepCopyObject().(*Route) })
	return out
}

func (in ParentRef) copied() ParentRef {
	in.Group, in.Kind, in.Namespace = pointer(in.Group), pointer(in.Kind), pointer(in.Namespace)
	in.SectionName, in.Port = pointer(in.SectionName), pointer(in.Port)
	return in
}

func (in Rule) copied() Rule {
	in.Name, in.ModelsOwnedBy = pointer(in.Name), pointer(in.ModelsOwnedBy)
	in.BackendRefs = each(in.BackendRefs, BackendRef.copied)
	in.Matches = each(in.Matches, func(match Match) Match {
		return Match{Headers: each(match.Headers, HeaderMatch.copied)}
	})
	if in.Timeouts != nil {
		in.Timeouts = &Timeouts{Request: pointer(in.Timeouts.Request), BackendRequest: pointer(in.Timeouts.BackendRequest)}
	}
	in.ModelsCreatedAt = in.ModelsCreatedAt.DeepCopy()
	return in
}

func (in BackendRef) copied() BackendRef {
	in.Namespace, in.Group, in.Kind = pointer(in.Namespace), pointer(in.Group), pointer(in.Kind)
	in.ModelNameOverride, in.Weight, in.Priority = pointer(in.ModelNameOverride), pointer(in.Weight), pointer(in.Priority)
	return in
}

func (in HeaderMatch) copied() HeaderMatch {
	in.Type = pointer(in.Type)
	return in
}

func (in Cost) copied() Cost {
	in.CEL = pointer(in.CEL)
	return in
}

func same(text string) string {
	return text
}

func pointer[T any](in *T) *T {
	if in == nil {
		return nil
	}
	out := *in
	return &out
}

func each[T any](in []T, copied func(T) T) []T {
	if in == nil {
		return nil
	}
	out := make([]T, len(in))
	for index := range in {
		out[index] = copied(in[index])
	}
	return out
}
