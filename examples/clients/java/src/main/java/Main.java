// Uses the in-memory API server with the fabric8 client for Java. Run by `cargo xtask clients`.

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

public class Main {
  public static void main(String[] arguments) throws Exception {
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      // A ConfigMap is applied on the server side, and created again with a conflict.
      var settings = new ConfigMapBuilder().withNewMetadata().withName("settings").withNamespace("default")
          .endMetadata().addToData("a", "1").build();
      client.resource(settings).fieldManager("example").serverSideApply();
      try {
        client.resource(settings).create();
        throw new AssertionError("the object exists");
      } catch (KubernetesClientException error) {
        check(error.getCode() == 409, error.getMessage());
      }

      // An informer reports the scaling of a Deployment.
      var scaled = new CompletableFuture<Integer>();
      var deployments = client.apps().deployments().inNamespace("default");
      var informer = deployments.inform(new ResourceEventHandler<Deployment>() {
        public void onAdd(Deployment added) {}

        public void onUpdate(Deployment before, Deployment after) {
          scaled.complete(after.getSpec().getReplicas());
        }

        public void onDelete(Deployment deleted, boolean isUnknown) {}
      });
      var labels = Map.of("app", "web");
      client.resource(new DeploymentBuilder().withNewMetadata().withName("web").withNamespace("default").endMetadata()
          .withNewSpec().withNewSelector().withMatchLabels(labels).endSelector()
          .withNewTemplate().withNewMetadata().withLabels(labels).endMetadata()
          .withNewSpec().addNewContainer().withName("web").withImage("nginx").endContainer().endSpec()
          .endTemplate().endSpec().build()).create();
      deployments.withName("web").scale(new io.fabric8.kubernetes.api.model.autoscaling.v1.ScaleBuilder()
          .withNewMetadata().withName("web").withNamespace("default").endMetadata()
          .withNewSpec().withReplicas(3).endSpec().build());
      check(scaled.get(60, TimeUnit.SECONDS) == 3, "the informer reports the scaling");
      informer.stop();

      // A custom resource is created and listed.
      client.resource(new GenericKubernetesResourceBuilder().withApiVersion("aigateway.envoyproxy.io/v1beta1")
          .withKind("GatewayConfig").withNewMetadata().withName("config").withNamespace("default").endMetadata()
          .build()).create();
      List<GenericKubernetesResource> configs = client.genericKubernetesResources(
          "aigateway.envoyproxy.io/v1beta1", "GatewayConfig").inNamespace("default").list().getItems();
      check(configs.size() == 1, "the list has one object");
    }
    System.out.println("ok");
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
