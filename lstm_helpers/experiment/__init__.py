"""The memory experiment of notebook 06: one training run, the sweep of all of them, and the table it leaves behind."""
