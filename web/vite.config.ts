import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Where `make web-dev` finds the API; `captionacc up` prints it.
const api = process.env.API_URL ?? "http://127.0.0.1:8710";

export default defineConfig({
  plugins: [react()],
  // The API puts a fresh value in its place in each answer (api/page.py).
  html: { cspNonce: "csp-nonce-of-the-answer" },
  build: {
    outDir: "../src/captionacc/api/static",
    emptyOutDir: true,
    target: "es2024",
    manifest: true,
    assetsInlineLimit: 0, // the policy allows no data: scripts or workers
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: "es" },
  // Its glue finds the WebAssembly beside itself, which bundling before would hide.
  optimizeDeps: { exclude: ["@vlcn.io/wa-sqlite"] },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      ["/v1", "/openapi.json", "/healthz", "/readyz"].map((path) => [
        path,
        { target: api, changeOrigin: true, ws: true },
      ]),
    ),
  },
});
