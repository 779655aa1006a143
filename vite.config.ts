// SPDX-License-Identifier: Apache-2.0
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'web',
  plugins: [react(), tailwind()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // The content policy allows fonts and images from our own origin only, so nothing is inlined as data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    // Two pages: the application, and the verifier, which is small and stands alone.
    rolldownOptions: { input: { index: 'web/index.html', verify: 'web/verify.html' } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:4800' } },
})
