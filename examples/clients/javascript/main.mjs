// Uses the in-memory API server with the JavaScript client. Run by `cargo xtask clients`.
import assert from 'node:assert/strict';
import { AppsV1Api, CoreV1Api, CustomObjectsApi, KubeConfig, makeInformer } from '@kubernetes/client-node';

const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const apps = config.makeApiClient(AppsV1Api);
const namespace = 'default';

// A ConfigMap is created and updated with a conflict.
const settings = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'settings' }, data: { a: '1' } } });
const update = (data) => core.replaceNamespacedConfigMap({ name: 'settings', namespace, body: { ...settings, data } });
await update({ a: '2' });
await assert.rejects(update({ a: '3' }), (error) => error.code === 409);

// An informer reports a Deployment and its scaling.
const informer = makeInformer(config, `/apis/apps/v1/namespaces/${namespace}/deployments`, () =>
  apps.listNamespacedDeployment({ namespace }));
const scaled = new Promise((resolve, reject) => {
  informer.on('update', (deployment) => resolve(deployment.spec.replicas));
  informer.on('error', reject);
});
await informer.start();
const labels = { app: 'web' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };
await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, template } } });
const scale = await apps.readNamespacedDeploymentScale({ name: 'web', namespace });
await apps.replaceNamespacedDeploymentScale({ name: 'web', namespace, body: { ...scale, spec: { replicas: 3 } } });
assert.equal(await scaled, 3);
await informer.stop();

// A custom resource is created and listed.
const custom = config.makeApiClient(CustomObjectsApi);
const kind = { group: 'aigateway.envoyproxy.io', version: 'v1beta1', namespace, plural: 'gatewayconfigs' };
const body = { apiVersion: 'aigateway.envoyproxy.io/v1beta1', kind: 'GatewayConfig', metadata: { name: 'config' } };
await custom.createNamespacedCustomObject({ ...kind, body });
const configs = await custom.listNamespacedCustomObject(kind);
assert.deepEqual(configs.items.map((item) => item.metadata.name), ['config']);
console.log('ok');
