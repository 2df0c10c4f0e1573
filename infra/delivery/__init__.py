"""What the workflows do and an operator can do by hand: `python -m infra.delivery` (docs/delivery.md)."""
