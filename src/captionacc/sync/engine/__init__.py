"""The real CR-SQLite, the WebAssembly build that browsers load, on files of this machine.

From the outside in: :mod:`~captionacc.sync.engine.workers` keeps one database from holding up
others, :mod:`~captionacc.sync.engine.database` is a database that shares its changes,
:mod:`~captionacc.sync.engine.connection` is SQLite's interface,
:mod:`~captionacc.sync.engine.instance` one instance of the build with its memory, and
:mod:`~captionacc.sync.engine.files` and :mod:`~captionacc.sync.engine.runtime` are what it asks of
its host.
"""
