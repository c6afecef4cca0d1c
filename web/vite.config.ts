import react from '@vitejs/plugin-react';
import { loadEnv } from 'vite';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => {
  // `npm run dev` shows the pages from source against a running service, named by SWITCHBOARD_URL.
  const service = loadEnv(mode, '.', 'SWITCHBOARD_')['SWITCHBOARD_URL'] ?? 'http://127.0.0.1:8080';
  return {
    plugins: [react()],
    build: {
      target: 'es2023',
      // Ant Design in one piece is larger than Vite's default warning; the recordings page and the player are split off.
      chunkSizeWarningLimit: 900,
    },
    server: { proxy: { '/api': { target: service, ws: true } } },
    test: { environment: 'node', include: ['src/**/*.test.ts'] },
  };
});
