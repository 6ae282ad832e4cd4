import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The backend that signs people in, and signs their tokens: the demo shop in Express of `npm start`.
export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/api': process.env.BACKEND ?? 'http://localhost:4001' } },
});
