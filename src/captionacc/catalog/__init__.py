"""Postgres: who owns which videos, the ledger of work, leases, events. No SQL anywhere else.

:func:`captionacc.catalog.pool.open_catalog` is the way in; each table has a module with the
repository of the same name, and its named statements are in ``sql/``.
"""
