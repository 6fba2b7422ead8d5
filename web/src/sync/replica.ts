// A database that shares its changes: this page's copy of the server's.

import { parameter, readable, readColumn } from "./binding.ts";
import { Connection } from "./engine.ts";
import { bound, type Output, type Query, type Transaction } from "./query.ts";
import type { Change } from "./wire.ts";

const MINE =
  `SELECT "table", pk, cid, col_version, db_version, site_id, cl, seq, ${readable("val")}` +
  " FROM crsql_changes WHERE db_version > ? AND site_id = ? ORDER BY db_version, seq";
const CLOCKS =
  "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_\\_crsql\\_clock' ESCAPE '\\'";

/** One call at a time; whoever calls sees to that. */
export class Replica {
  readonly siteId: Uint8Array;
  readonly #connection: Connection;
  readonly #newest: string;

  private constructor(connection: Connection, siteId: Uint8Array, newest: string) {
    this.#connection = connection;
    this.siteId = siteId;
    this.#newest = newest;
  }

  /** Opens a copy of a database file that CR-SQLite has made. */
  static async open(file: Uint8Array): Promise<Replica> {
    const connection = await Connection.open(file);
    const site = (await connection.rows("SELECT crsql_site_id()"))[0]?.[0];
    const clocks = (await connection.rows(CLOCKS)).map(
      ([name]) => `SELECT max(db_version) AS one FROM "${name}"`,
    );
    const newest = `SELECT coalesce(max(one), 0) FROM (${clocks.join(" UNION ALL ")})`;
    return new Replica(connection, site as Uint8Array, newest);
  }

  async query<Row>(query: Query<Row>): Promise<Row[]> {
    return (await this.columns(query)).map(query.row);
  }

  /** The rows as the engine gives them. */
  columns(query: Query<unknown>): Promise<Output[][]> {
    return this.#connection.rows(...bound(query.sql, query.values));
  }

  /** All of it or nothing; what it has changed here, to be sent to the others. */
  async write(work: (transaction: Transaction) => Promise<void>): Promise<Change[]> {
    const before = await this.#newestVersion();
    await this.#whole(() => work(this.#transaction()));
    const rows = await this.#connection.rows(MINE, [before, this.siteId]);
    return rows.map(changeOf);
  }

  /** Merges what others, or this page in an earlier life, have changed; twice is the same as once. */
  async apply(changes: readonly Change[]): Promise<void> {
    await this.#whole(async () => {
      for (const [table, pk, cid, val, colVersion, , siteId, cl, seq] of changes) {
        const [value, bindable] = parameter(val);
        await this.#connection.rows(
          'INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl,' +
            ` seq) VALUES (?, ?, ?, ${value}, ?, 0, ?, ?, ?)`,
          [table, pk, cid, bindable, BigInt(colVersion), siteId, BigInt(cl), BigInt(seq)],
        );
      }
    });
  }

  /** The database file as it is now. */
  file(): Uint8Array {
    return this.#connection.file();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Not crsql_db_version(), which counts transactions that changed nothing, and counts them anew. */
  async #newestVersion(): Promise<bigint> {
    const found = await this.#connection.rows(this.#newest);
    return BigInt(found[0]?.[0] as number);
  }

  async #whole(work: () => Promise<void>): Promise<void> {
    await this.#connection.rows("BEGIN");
    try {
      await work();
      await this.#connection.rows("COMMIT");
    } catch (error) {
      await this.#connection.rows("ROLLBACK");
      throw error;
    }
  }

  #transaction(): Transaction {
    return {
      execute: async (sql, values = []) => {
        await this.#connection.rows(...bound(sql, values));
      },
      query: (query) => this.query(query),
    };
  }
}

function changeOf(row: Output[]): Change {
  const [table, pk, cid, colVersion, dbVersion, siteId, cl, seq, type, content] = row;
  return [
    table as string,
    (pk as Uint8Array).slice(),
    cid as string,
    readColumn(type, content),
    colVersion as number,
    dbVersion as number,
    (siteId as Uint8Array).slice(),
    cl as number,
    seq as number,
  ];
}
