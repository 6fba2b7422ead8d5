// A video's shared database, opened for this page's person.

import { getToken, openSession } from "../session/session.ts";
import type { SharedDatabase } from "../sync/index.ts";
import { openDatabase } from "../sync/index.ts";

export async function openShared(
  videoId: string,
  name: "layout" | "captions",
): Promise<SharedDatabase> {
  const { session } = await openSession();
  return openDatabase({
    url: location.origin.replace(/^http/, "ws"),
    name,
    videoId,
    token: getToken,
    wants: "write",
    storage: "persistent",
    user: session.email ?? "",
  });
}
