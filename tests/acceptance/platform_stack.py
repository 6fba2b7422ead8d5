"""The whole platform on this machine, and what only its operator can see or do."""

from __future__ import annotations

import json

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from captionacc.storage.access import S3Access
from captionacc.storage.multipart import MultipartUploads
from captionacc.storage.signing import Signer


class PlatformStack:
    """A running stack, looked at from behind."""

    InsufficientPrivilege = psycopg.errors.InsufficientPrivilege

    def __init__(self, running) -> None:
        self.running = running
        self.api_url = running.api_url
        self.data_dir = running.folders.root
        self.webhook_secret = running.secrets.webhook_secret
        environment = running.environment
        self.access = S3Access(
            bucket=environment["CAPTIONACC_S3_BUCKET"],
            endpoint=environment["CAPTIONACC_S3_ENDPOINT"],
            region="us-east-1",
            access_key_id=environment["CAPTIONACC_S3_ACCESS_KEY_ID"],
            secret_access_key=environment["CAPTIONACC_S3_SECRET_ACCESS_KEY"],
        )

        self.uploads = MultipartUploads(self.access)

    def connect(self, **options):
        """A connection to the catalog as its owner."""
        return psycopg.connect(self.running.database_url, autocommit=True, **options)

    def query(self, statement, *values):
        """The rows of a query."""
        with self.connect() as connection:
            return connection.execute(statement, values).fetchall()

    def row(self, table, row_id):
        """A row as JSON, as the database's webhook sends it."""
        name = Identifier(*table.split("."))
        statement = SQL("select to_jsonb(one) as record from {} one where id = %s").format(name)
        with self.connect(row_factory=dict_row) as connection:
            return connection.execute(statement, [row_id]).fetchone()["record"]

    def presigned_put(self, key):
        """A URL that writes this object."""
        return Signer(self.access).presign_put(key, 600)

    def insert_as_member(self, outsider, row):
        """Insert a video as supabase-js would: under row-level security, with a user's claims."""
        claims = {"sub": outsider.user_id, "role": "authenticated"}
        names = SQL(", ").join(map(Identifier, row))
        values = SQL(", ").join(SQL("%s") * len(row))
        insert = SQL("insert into captionacc.videos ({}) values ({})").format(names, values)
        with self.connect() as connection, connection.transaction():
            connection.execute("set local role authenticated")
            connection.execute(
                "select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)]
            )
            connection.execute(insert, list(row.values()))
