"""PyTorch: autologging of a training with lightning, and a model that is logged, registered, loaded and served."""

import lightning
import mlflow
import numpy as np
import torch
from libraries import X, called, client, served, y

mlflow.set_experiment("deep")
torch.manual_seed(7)
inputs = torch.tensor(((X - X.mean()) / X.std()).to_numpy(), dtype=torch.float32)
labels = torch.tensor(y.to_numpy(), dtype=torch.float32).reshape(-1, 1)


class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(30, 1)

    def forward(self, x):
        return torch.sigmoid(self.layer(x))

    def training_step(self, batch):
        loss = torch.nn.functional.binary_cross_entropy(self(batch[0]), batch[1])
        self.log("loss", loss, on_epoch=True, on_step=False)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)


mlflow.pytorch.autolog(log_models=False)
net = Net()
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, labels), batch_size=64)
with mlflow.start_run() as run:
    lightning.Trainer(max_epochs=4, accelerator="cpu", enable_progress_bar=False, enable_checkpointing=False, logger=False, enable_model_summary=False).fit(net, data)
mlflow.pytorch.autolog(disable=True)
got = client.get_run(run.info.run_id).data
assert got.params["epochs"] == "4" and got.params["optimizer_name"] == "Adam", got.params
assert len(client.get_metric_history(run.info.run_id, "loss")) == 4

model = torch.nn.Sequential(torch.nn.Linear(30, 1)).double()
with torch.no_grad():
    want = model(torch.tensor(X.to_numpy())).numpy()
with mlflow.start_run():
    mlflow.pytorch.log_model(model.float(), input_example=X.to_numpy().astype(np.float32)[:3], registered_model_name="by-torch", **called("net"))
loaded = mlflow.pytorch.load_model("models:/by-torch/1")
with torch.no_grad():
    assert np.allclose(loaded(torch.tensor(X.to_numpy(), dtype=torch.float32)).numpy(), want, rtol=1e-3)
served("models:/by-torch/1", want[:5].ravel())
print("flow passed")
