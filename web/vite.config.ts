import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = process.env.CONCORD_URL ?? 'http://127.0.0.1:4270'
const api = ['/runs', '/goal', '/events', '/teams', '/agents', '/memory', '/health', '/page']

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // The form for browsers decodes by innerHTML, which the page's Content-Security-Policy refuses.
  resolve: {
    alias: {
      'decode-named-character-reference': fileURLToPath(
        new URL('../node_modules/decode-named-character-reference/index.js', import.meta.url),
      ),
    },
  },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
  },
  worker: { format: 'es' },
  // `npm run dev -w web` beside a `concord serve`.
  server: {
    proxy: Object.fromEntries(api.map((path) => [path, { target: server, changeOrigin: true }])),
  },
})
