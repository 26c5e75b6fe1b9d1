import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The API that `npm run dev` talks to. */
const api = process.env["MEMEWATCH_DEV_API"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The page's policy allows no `data:` scripts and no inline code, so everything is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        // The chart library is the largest part and changes least.
        manualChunks: (id: string) => (id.includes("lightweight-charts") ? "charts" : undefined),
      },
    },
  },
  server: { proxy: { "/api": { target: api, ws: true } } },
  test: { environment: "node", include: ["tests/**/*.test.ts"] },
});
