// The API, typed by its own description. `call` gives the data or throws what went wrong.

import createClient, { type FetchResponse, type Middleware } from "openapi-fetch";
import { getToken } from "../session/session.ts";
import { ApiProblem, unreachable } from "./problem.ts";
import type { components, paths } from "./schema.d.ts";

export type Schemas = components["schemas"];
export type Video = Schemas["VideoWithWork"];
export type Run = Schemas["RunView"];

const authorization: Middleware = {
  async onRequest({ request, schemaPath }) {
    if (!PUBLIC.has(schemaPath)) {
      request.headers.set("Authorization", `Bearer ${await getToken()}`);
    }
    return request;
  },
};

const PUBLIC = new Set(["/v1/client-config", "/v1/session"]);

export const api = createClient<paths>({ baseUrl: location.origin });
api.use(authorization);

/** The data of an answer. Throws ApiProblem if it is an error, or if there is no answer. */
export async function call<
  T extends Record<string | number, unknown>,
  O,
  M extends `${string}/${string}`,
>(answer: Promise<FetchResponse<T, O, M>>): Promise<NonNullable<FetchResponse<T, O, M>["data"]>> {
  let given: FetchResponse<T, O, M>;
  try {
    given = await answer;
  } catch (error) {
    if (error instanceof ApiProblem || (error as Error).name === "AbortError") throw error;
    throw unreachable();
  }
  if (given.error !== undefined || !given.response.ok) {
    throw ApiProblem.of(given.response.status, given.error);
  }
  return given.data as NonNullable<FetchResponse<T, O, M>["data"]>;
}
