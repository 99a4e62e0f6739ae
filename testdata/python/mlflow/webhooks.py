"""Webhooks as scripts make and change them. MLflow's own server asks the network for their names."""

from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException

client = MlflowClient()
hook = client.create_webhook("tell", "https://example.com/hook", [WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)], secret="s")
assert hook.status == WebhookStatus.ACTIVE and client.get_webhook(hook.webhook_id).url == "https://example.com/hook"
client.update_webhook(hook.webhook_id, status=WebhookStatus.DISABLED, description="d")
assert [(w.name, w.status, w.description) for w in client.list_webhooks()] == [("tell", WebhookStatus.DISABLED, "d")]
for inside in ["https://127.0.0.1/x", "https://169.254.169.254/latest", "http://example.com"]:
    try:
        client.create_webhook("bad", inside, [WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)])
        raise AssertionError(inside)
    except MlflowException as e:
        assert e.error_code == "INVALID_PARAMETER_VALUE", e
client.delete_webhook(hook.webhook_id)
assert client.list_webhooks() == []
print("flow passed")
