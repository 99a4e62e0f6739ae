import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'
import { compileMessages } from './scripts/messages.mjs'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// messages compiles the catalogues before anything imports them, and again when one changes.
function messages(): Plugin {
  return {
    name: 'rondo-messages',
    buildStart: () => void compileMessages(),
    configureServer(server) {
      server.watcher.add(at('./messages'))
      server.watcher.on('change', (file) => {
        if (file.includes('/messages/')) compileMessages()
      })
    },
  }
}

// server passes requests on as if they came from the server's own page: its guard
// answers no others. `make dev` names both.
function server(target: string, token = '') {
  return { target, changeOrigin: true, headers: { Origin: target, Authorization: `Bearer ${token}` } }
}

export default defineConfig({
  plugins: [messages(), svelte()],
  resolve: {
    alias: { $lib: at('./src/lib'), $features: at('./src/features') },
  },
  build: {
    target: ['es2022', 'safari17.5'],
    chunkSizeWarningLimit: 700,
    assetsInlineLimit: 0,
    // What nearly every screen needs comes as one file; a screen of its own brings the rest.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', test: /node_modules\/(svelte|clsx|esm-env)\/|src\/lib\/(api|format|ui\/(?!virtual|Virtual)|i18n\/(?!messages)|route|theme)/ }] } } },
  },
  server: {
    host: '127.0.0.1',
    strictPort: true,
    proxy: { '/api': server(process.env.RONDO_URL ?? 'http://127.0.0.1:7717', process.env.RONDO_TOKEN) },
  },
  test: { include: ['tests/unit/**/*.test.ts'], setupFiles: ['tests/unit/setup.ts'] },
} as Parameters<typeof defineConfig>[0])
