"""The process that runs flows: the ledger's dispatcher and reconciler, and the Prefect worker."""
