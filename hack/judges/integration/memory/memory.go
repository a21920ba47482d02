// Package memory starts the in-memory API server instead of kube-apiserver in Kubernetes' integration tests.
// The environment contains the path of its program: JUDGE_SERVER.
package memory

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Start starts a server with the flags of kube-apiserver that it knows. The others are ignored: tests of them fail.
func Start(flags []string) (config *rest.Config, stop func(), err error) {
	dir, err := os.MkdirTemp("", "judge")
	if err != nil {
		return nil, nil, err
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	arguments, err := translate(flags)
	if err != nil {
		return nil, nil, err
	}
	command := exec.Command(os.Getenv("JUDGE_SERVER"), append(arguments, "--kubeconfig", kubeconfig)...)
	command.Stderr = os.Stderr
	// The server must not survive a test that fails before it stops it.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = os.RemoveAll(dir)
	}
	for lines := bufio.NewScanner(output); ; {
		if !lines.Scan() {
			stop()
			return nil, nil, errors.New("the in-memory server did not start")
		}
		if strings.HasPrefix(lines.Text(), "listening") {
			break
		}
	}
	config, err = clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		stop()
		return nil, nil, err
	}
	config.QPS, config.Burst = 1000, 10000
	return config, stop, nil
}

func translate(flags []string) ([]string, error) {
	var arguments []string
	for at, flag := range flags {
		name, value, assigned := strings.Cut(flag, "=")
		if !assigned && at+1 < len(flags) {
			value = flags[at+1]
		}
		contains := func(item string) bool { return strings.Contains(","+value+",", ","+item+",") }
		switch {
		case name == "--authorization-mode" && contains("RBAC"):
			arguments = append(arguments, "--rbac")
		case name == "--disable-admission-plugins" && contains("NamespaceLifecycle"):
			arguments = append(arguments, "--any-namespace")
		case name == "--feature-gates" && contains("ShardedListAndWatch=true"):
			arguments = append(arguments, "--sharded-list-and-watch")
		case name == "--anonymous-auth":
			arguments = append(arguments, "--anonymous-auth", value)
		case name == "--token-auth-file":
			users, err := users(value)
			if err != nil {
				return nil, err
			}
			arguments = append(arguments, users...)
		}
	}
	return arguments, nil
}

// The file contains a line "token,user,uid,groups" for each user.
func users(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	var arguments []string
	for _, record := range records {
		if len(record) < 2 {
			return nil, fmt.Errorf("%s: a line without a user", path)
		}
		user := record[1] + ":" + record[0]
		if len(record) > 3 {
			user += ":" + record[3]
		}
		arguments = append(arguments, "--user", user)
	}
	return arguments, nil
}
