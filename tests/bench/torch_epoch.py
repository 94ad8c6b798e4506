#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One epoch of vae-400-20 in PyTorch, from the start of the process to the saved checkpoint.

    torch_epoch.py DATA [--workers N] [--threads 2]

The same network, batches, test and pictures as PyTorch's examples/vae, with torchvision's loader:
DATA/MNIST/raw has the unpacked IDX files. To be timed beside `figment train vae-400-20 --epochs 1`.
"""
import argparse

import torch
from torch import nn
from torch.nn import functional
from torchvision import datasets, transforms
from torchvision.utils import save_image

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument('data')
parser.add_argument('--workers', type=int, default=0)
parser.add_argument('--threads', type=int, default=2)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.decoded = nn.Linear(784, 400), nn.Linear(20, 400)
        self.mean, self.log_variance = nn.Linear(400, 20), nn.Linear(400, 20)
        self.out = nn.Linear(400, 784)

    def decode(self, code):
        return torch.sigmoid(self.out(functional.relu(self.decoded(code))))

    def loss(self, images):
        x = images.view(-1, 784)
        hidden = functional.relu(self.hidden(x))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        error = functional.binary_cross_entropy(self.decode(code), x, reduction='sum')
        return error - 0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())


def main():
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    train, test = (torch.utils.data.DataLoader(
        datasets.MNIST(args.data, train=split, transform=transforms.ToTensor()), batch_size=128,
        shuffle=split, num_workers=args.workers) for split in (True, False))
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for images, _ in train:
        optimizer.zero_grad()
        loss = model.loss(images)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        total = sum(model.loss(images).item() for images, _ in test)
        save_image(model.decode(torch.randn(64, 20)).view(64, 1, 28, 28), 'sample.png')
    torch.save({'model': model.state_dict(), 'optimizer': optimizer.state_dict()}, 'checkpoint.pt')
    print(f'-ELBO of the test images: {total / len(test.dataset):.2f}')


if __name__ == '__main__':
    main()
