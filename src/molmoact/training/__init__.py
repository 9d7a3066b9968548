"""Training: rows to batches, loss, optimisation, adapters, checkpoints that a run can go on from, and export."""
