import { defineConfig } from 'vite';

// The backend that signs people in, and signs their tokens: the demo shop in Express of `npm start`.
export default defineConfig({ server: { proxy: { '/api': process.env.BACKEND ?? 'http://localhost:4001' } } });
