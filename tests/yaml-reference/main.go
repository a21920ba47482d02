// yaml-reference reads documents from standard input and prints how Kubernetes decodes each of them, one JSON object per line.
//
// A document is encoded as its length (four bytes, big endian) and its bytes.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	goyaml "go.yaml.in/yaml/v2"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Result describes how Kubernetes decodes a document.
type Result struct {
	// Stream holds the documents that kubectl reads from a file with this text; absent if it reports an error.
	Stream []json.RawMessage `json:"stream"`
	// StreamError is the error that kubectl reports.
	StreamError string `json:"streamError,omitempty"`
	// Body is the JSON that the API server reads from a request body with this text; absent if it reports an error.
	Body json.RawMessage `json:"body,omitempty"`
	// BodyError is the error that the API server reports.
	BodyError string `json:"bodyError,omitempty"`
	// Repeated is true if the API server reports a duplicate field in the body.
	Repeated bool `json:"repeated"`
	// StreamRepeated is true if a document of the file has a duplicate field, which kubectl does not report.
	StreamRepeated bool `json:"streamRepeated"`
	// Random is true if different keys of a mapping are converted to the same text, so that the result depends on the order in
	// which Go visits the mapping.
	Random bool `json:"random"`
}

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for {
		var length uint32
		if err := binary.Read(in, binary.BigEndian, &length); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			fail(err)
		}
		text := make([]byte, length)
		if _, err := io.ReadFull(in, text); err != nil {
			fail(err)
		}
		if err := encoder.Encode(decode(text)); err != nil {
			fail(err)
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				fail(err)
			}
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func decode(text []byte) Result {
	var result Result
	documents, err := stream(text)
	if err != nil {
		result.StreamError = err.Error()
	} else {
		result.Stream = documents
	}
	body, err := body(text)
	if err != nil {
		result.BodyError = err.Error()
	} else {
		result.Body = body
		var value interface{}
		result.Repeated = goyaml.UnmarshalStrict(text, &value) != nil
	}
	result.Random = collides(text)
	for _, document := range split(text) {
		var value interface{}
		result.Random = result.Random || collides(document)
		result.StreamRepeated = result.StreamRepeated || goyaml.UnmarshalStrict(document, &value) != nil
	}
	return result
}

// recoverError converts a panic of a library into an error.
func recoverError(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("panic: %v", cause)
	}
}

// stream reads a text as kubectl reads a file.
func stream(text []byte) (documents []json.RawMessage, err error) {
	defer recoverError(&err)
	documents = []json.RawMessage{}
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		extension := runtime.RawExtension{}
		if err := decoder.Decode(&extension); errors.Is(err, io.EOF) {
			return documents, nil
		} else if err != nil {
			return nil, err
		}
		raw := bytes.TrimSpace(extension.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		written, err := normalize(raw)
		if err != nil {
			return nil, err
		}
		documents = append(documents, written)
	}
}

// normalize returns JSON as kubectl sends it and the API server stores it: integers beyond 64 bits are floats.
func normalize(raw []byte) ([]byte, error) {
	var value interface{}
	if err := utiljson.Unmarshal(raw, &value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// body reads a text as the API server reads the body of a request.
func body(text []byte) (json []byte, err error) {
	defer recoverError(&err)
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	return normalize(raw)
}

// split returns the documents of a file up to the first that kubectl refuses to split.
func split(text []byte) (documents [][]byte) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if err != nil {
			return documents
		}
		documents = append(documents, document)
	}
}

// collides reports whether keys of one mapping are converted to the same text.
func collides(text []byte) (found bool) {
	defer func() { _ = recover() }()
	var value interface{}
	if goyaml.Unmarshal(text, &value) != nil {
		return false
	}
	return collision(value)
}

func collision(value interface{}) bool {
	switch value := value.(type) {
	case map[interface{}]interface{}:
		names := map[string]bool{}
		for key, item := range value {
			name := fmt.Sprint(key)
			if float, ok := key.(float64); ok {
				name = strconv.FormatFloat(float, 'g', -1, 32)
			}
			switch name {
			case "+Inf":
				name = ".inf"
			case "-Inf":
				name = "-.inf"
			case "NaN":
				name = ".nan"
			}
			name = string(bytes.ToValidUTF8([]byte(name), []byte("\ufffd")))
			if names[name] || collision(item) {
				return true
			}
			names[name] = true
		}
	case []interface{}:
		for _, item := range value {
			if collision(item) {
				return true
			}
		}
	}
	return false
}
