package memory

import (
	"context"
	"errors"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var errNoEtcd = errors.New("the in-memory server has no etcd")

// Etcd is a client that fails, for tests that read what the server has stored.
func Etcd() *clientv3.Client {
	client := clientv3.NewCtxClient(context.Background())
	client.KV = noEtcd{}
	return client
}

type noEtcd struct{}

func (noEtcd) Put(context.Context, string, string, ...clientv3.OpOption) (*clientv3.PutResponse, error) {
	return nil, errNoEtcd
}

func (noEtcd) Get(context.Context, string, ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	return nil, errNoEtcd
}

func (noEtcd) GetStream(context.Context, string, ...clientv3.OpOption) (clientv3.GetStreamChan, error) {
	return nil, errNoEtcd
}

func (noEtcd) Delete(context.Context, string, ...clientv3.OpOption) (*clientv3.DeleteResponse, error) {
	return nil, errNoEtcd
}

func (noEtcd) Compact(context.Context, int64, ...clientv3.CompactOption) (*clientv3.CompactResponse, error) {
	return nil, errNoEtcd
}

func (noEtcd) Do(context.Context, clientv3.Op) (clientv3.OpResponse, error) {
	return clientv3.OpResponse{}, errNoEtcd
}

func (noEtcd) Txn(context.Context) clientv3.Txn { return noTxn{} }

type noTxn struct{}

func (txn noTxn) If(...clientv3.Cmp) clientv3.Txn        { return txn }
func (txn noTxn) Then(...clientv3.Op) clientv3.Txn       { return txn }
func (txn noTxn) Else(...clientv3.Op) clientv3.Txn       { return txn }
func (txn noTxn) Commit() (*clientv3.TxnResponse, error) { return nil, errNoEtcd }
