"""The three Prefect flows: short recipes over the catalog, compute and the API."""
