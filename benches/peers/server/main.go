// A canned API server for one kind. It sends precomputed bytes over TLS and HTTP/1.1, so that only clients are measured.
//
//	server --objects 10000 --managed-fields=false --ca /tmp/ca.pem
//
// It prints its address. It supports lists (with pages if a limit and no version is set), streaming lists and watches. With
// --rate, a watch sends that many changes per second after the list and --delay.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const path = "/apis/aigateway.envoyproxy.io/v1beta1/aigatewayroutes"

var (
	objects       = flag.Int("objects", 1000, "number of objects")
	managedFields = flag.Bool("managed-fields", true, "whether objects have managedFields")
	rate          = flag.Float64("rate", 0, "changes per second after the list")
	delay         = flag.Duration("delay", 0, "time between the list and the first change")
	total         = flag.Int("changes", 0, "total number of changes; 0: unlimited")
	ca            = flag.String("ca", "", "file for the certificate")
)

func object(number int, version int, sent int64) map[string]any {
	labels := map[string]any{}
	for label := 0; label < 10; label++ {
		labels[fmt.Sprintf("example.com/label-%d", label)] = fmt.Sprintf("value-%d", (number*7+label)%50)
	}
	labels["team"] = fmt.Sprintf("team-%d", number%100)
	delete(labels, "example.com/label-9")
	metadata := map[string]any{
		"name":              fmt.Sprintf("route-%d", number),
		"namespace":         fmt.Sprintf("namespace-%d", number%100),
		"uid":               fmt.Sprintf("00000000-0000-4000-8000-%012d", number),
		"resourceVersion":   strconv.Itoa(version),
		"generation":        3,
		"creationTimestamp": "2026-01-02T03:04:05Z",
		"labels":            labels,
		"annotations":       map[string]any{"sent": strconv.FormatInt(sent, 10)},
	}
	if *managedFields {
		fields := map[string]any{}
		for label := range labels {
			fields["f:"+label] = map[string]any{}
		}
		metadata["managedFields"] = []any{map[string]any{
			"manager": "kubectl", "operation": "Apply", "apiVersion": "aigateway.envoyproxy.io/v1beta1",
			"time": "2026-01-02T03:04:05Z", "fieldsType": "FieldsV1",
			"fieldsV1": map[string]any{
				"f:metadata": map[string]any{"f:labels": fields},
				"f:spec":     map[string]any{"f:parentRefs": map[string]any{}, "f:rules": map[string]any{}},
			},
		}}
	}
	rules := []any{}
	for rule := 0; rule < 3; rule++ {
		rules = append(rules, map[string]any{
			"matches": []any{map[string]any{"headers": []any{map[string]any{
				"type": "Exact", "name": "x-ai-eg-model", "value": fmt.Sprintf("model-%d-%d", number, rule)}}}},
			"backendRefs": []any{
				map[string]any{"name": fmt.Sprintf("backend-%d", rule), "weight": 90, "priority": 0},
				map[string]any{"name": fmt.Sprintf("fallback-%d", rule), "weight": 10, "priority": 1},
			},
		})
	}
	return map[string]any{
		"apiVersion": "aigateway.envoyproxy.io/v1beta1", "kind": "AIGatewayRoute", "metadata": metadata,
		"spec": map[string]any{
			"parentRefs": []any{map[string]any{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gateway"}},
			"rules":      rules,
			"llmRequestCosts": []any{
				map[string]any{"metadataKey": "total", "type": "TotalToken"},
				map[string]any{"metadataKey": "input", "type": "InputToken"}},
		},
		"status": map[string]any{"conditions": []any{map[string]any{
			"type": "Accepted", "status": "True", "reason": "Accepted", "message": strings.Repeat("all is well ", 8),
			"lastTransitionTime": "2026-01-02T03:04:05Z", "observedGeneration": 3}}},
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func encode(value any) []byte {
	text, err := json.Marshal(value)
	must(err)
	return text
}

func main() {
	flag.Parse()
	items := make([][]byte, *objects)
	var initial bytes.Buffer
	for number := range items {
		items[number] = encode(object(number, number+1, 0))
		fmt.Fprintf(&initial, "{\"type\":\"ADDED\",\"object\":%s}\n", items[number])
	}
	fmt.Fprintf(&initial, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"AIGatewayRoute\",\"apiVersion\":\"aigateway.envoyproxy.io/v1beta1\",\"metadata\":{\"resourceVersion\":\"%d\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n", *objects)
	list := func(from, to int) []byte {
		var body bytes.Buffer
		body.WriteString(`{"apiVersion":"aigateway.envoyproxy.io/v1beta1","items":[`)
		body.Write(bytes.Join(items[from:to], []byte(",")))
		token := ""
		if to < len(items) {
			token = strconv.Itoa(to)
		}
		fmt.Fprintf(&body, `],"kind":"AIGatewayRouteList","metadata":{"continue":%q,"resourceVersion":"%d"}}`, token, *objects)
		return body.Bytes()
	}
	full := list(0, len(items))
	pages := map[int][]byte{}
	for from := 0; from < len(items); from += 500 {
		pages[from] = list(from, min(from+500, len(items)))
	}
	fmt.Fprintf(os.Stderr, "%d objects of %d bytes\n", len(items), len(full)/max(len(items), 1))
	var version atomic.Int64
	version.Store(int64(*objects))

	handler := func(answer http.ResponseWriter, request *http.Request) {
		query := request.URL.Query()
		answer.Header().Set("Content-Type", "application/json")
		if request.URL.Path != path {
			answer.WriteHeader(404)
			fmt.Fprint(answer, `{"kind":"Status","apiVersion":"v1","status":"Failure","code":404,"reason":"NotFound","message":"not found"}`)
			return
		}
		if query.Get("watch") != "true" && query.Get("watch") != "1" {
			from, err := strconv.Atoi(query.Get("continue"))
			// Like the watch cache: no pages for version 0 or without a limit.
			if err != nil && (query.Get("limit") == "" || query.Get("resourceVersion") == "0") {
				answer.Write(full)
				return
			}
			answer.Write(pages[from])
			return
		}
		flusher := answer.(http.Flusher)
		if query.Get("sendInitialEvents") == "true" {
			answer.Write(initial.Bytes())
		}
		flusher.Flush()
		if *rate == 0 {
			<-request.Context().Done()
			return
		}
		time.Sleep(*delay)
		// Send all changes that are due, so that the rate does not depend on the duration of an iteration.
		start, sent := time.Now(), 0
		for *total == 0 || sent < *total {
			due := int(time.Since(start).Seconds() * *rate)
			for ; sent < due && (*total == 0 || sent < *total); sent++ {
				text := encode(object(sent%*objects, int(version.Add(1)), time.Now().UnixNano()))
				if _, err := fmt.Fprintf(answer, "{\"type\":\"MODIFIED\",\"object\":%s}\n", text); err != nil {
					return
				}
			}
			flusher.Flush()
			time.Sleep(time.Duration(float64(time.Second) / *rate / 4))
			if request.Context().Err() != nil {
				return
			}
		}
		<-request.Context().Done()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	authority, certificate := certificates()
	must(os.WriteFile(*ca, authority, 0o644))
	server := &http.Server{
		Handler:      http.HandlerFunc(handler),
		TLSConfig:    &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	fmt.Printf("https://%s\n", listener.Addr())
	must(server.ServeTLS(listener, "", ""))
}

// Creates a certificate authority and a certificate for this machine.
func certificates() ([]byte, tls.Certificate) {
	until := time.Now().Add(24 * time.Hour)
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "canned authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	authorityBytes, err := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "canned server"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	leafBytes, err := x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, authorityKey)
	must(err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityBytes}),
		tls.Certificate{Certificate: [][]byte{leafBytes}, PrivateKey: key}
}
